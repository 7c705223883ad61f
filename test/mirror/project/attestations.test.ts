import { describe, expect, it } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { engine, serveTestIndex, servedFiles } from '../../helpers/engine.js'
import type { Engine, EngineOptions } from '../../helpers/engine.js'
import { answerWith, createPackageIndex, wheel } from '../../helpers/index/index.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { KEY, ONE, PROVENANCE, attestedIndex, check, later, mirror, one, sigstore, verify } from './attested-runs.js'

const two = { name: 'one', version: '2.0' }
const TWO = 'one-2.0-py3-none-any.whl'
const THIEF = { repository: 'thief/project' }
const ours = 'publishers =\n    one = github some/project release.yml'

const reasons = ({ report }: Engine): string[] => report.failures.map(({ project, reason }) => `${project}: ${reason}`)

describe('[attestations] publishers', () => {
  it('keeps out a file from another repository before it is fetched, and lets other files go on', async () => {
    const index = attestedIndex()
    index.publish('one', '2.0', [sigstore.attested(wheel(two), THIEF)])
    index.publish('other', '1.0', [wheel({ name: 'other', version: '1.0' })])
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: check('warn', ours), place: memoryPlace() }
    const run = await mirror(options)
    expect(servedFiles(run, 'one')).toEqual([ONE])
    expect(servedFiles(run, 'other')).toHaveLength(1)
    expect(server.count(/packages.*one-2\.0/)).toBe(0)
    expect(server.count(/packages.*one-1\.0\.tar\.gz/)).toBe(0)
    expect(reasons(run)).toEqual([
      'one: one-1.0.tar.gz is refused: the index has no attestation of the file (and 1 more file)',
    ])
    expect(run.lines.join('\n')).toContain(
      `${TWO} is refused: policy: the publisher is github thief/project release.yml; the configuration expects github some/project release.yml`,
    )
    // Asking again would not help: nothing is owed, and nobody is asked until upstream or the configuration changes.
    server.reset()
    const quiet = await mirror({ ...options, now: later(1) })
    expect(quiet.report.failures).toEqual([])
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
  })

  it('writes no pages for a project of which every file is refused, and the files once the line is edited', async () => {
    const index = createPackageIndex()
    index.publish('one', '1.0', [sigstore.attested(wheel(one), THIEF)])
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: check('warn', ours), place: memoryPlace() }
    const run = await mirror(options)
    expect(run.keys(/^web\/(?:simple\/one|packages)/)).toEqual([])
    expect(reasons(run)).toHaveLength(1)
    expect((await run.ledger()).get('one')).toMatchObject({ absent: 'refused' })
    const edited = await mirror({
      ...options,
      sections: check('warn', 'publishers = one = github thief/project'),
      now: later(1),
    })
    expect(servedFiles(edited, 'one')).toEqual([ONE])
    expect(edited.report.failures).toEqual([])
  })

  it.each(['json = false', 'json = true'])(
    'takes effect on the named project alone when a line is edited: %s',
    async (json) => {
      const index = attestedIndex(sigstore.attested(wheel(one), THIEF))
      index.publish('other', '1.0', [sigstore.attested(wheel({ name: 'other', version: '1.0' }))])
      const server = await serveTestIndex(index)
      const lines = `${PROVENANCE}\n${json}`
      const options = { url: server.url, mirror: lines, sections: check('warn'), place: memoryPlace() }
      expect(servedFiles(await mirror(options), 'one')).toHaveLength(2)
      server.reset()
      const strict = await mirror({ ...options, sections: check('warn', ours), now: later(1) })
      expect(servedFiles(strict, 'one')).toEqual([])
      expect(strict.lines).toContain('1 package to sync.')
      expect(server.count(/other/)).toBe(0)
      const lax = await mirror({ ...options, now: later(2) })
      expect(servedFiles(lax, 'one')).toHaveLength(2)
      expect(lax.report.failures).toEqual([])
      expect(server.count(/other/)).toBe(0)
      server.reset()
      await mirror({ ...options, now: later(3) })
      expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
    },
  )

  it('that is edited half-way is seen by the next run', async () => {
    const index = attestedIndex(sigstore.attested(wheel(one), THIEF))
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: PROVENANCE, sections: check('warn'), place: memoryPlace() }
    await mirror(options)
    const strict = { ...options, sections: check('warn', ours) }
    const killed = await engine({ ...strict, now: later(1) })
    const storage = {
      ...killed.storage,
      write: async (key: string, body: Uint8Array | string) => {
        if (key === 'web/simple/one/index.v1_json') throw new Error('killed')
        return killed.storage.write(key, body)
      },
    }
    await expect(
      runMirror({ ...killed, storage }, { forceCheck: false, allowRemovals: false, retryFailed: false }),
    ).rejects.toThrow('killed')
    const back = await mirror({ ...options, now: later(2) })
    expect(servedFiles(back, 'one')).toHaveLength(2)
    expect(back.text('web/simple/one/index.html')).toContain(ONE)
    const again = await mirror({ ...strict, now: later(3) })
    expect(servedFiles(again, 'one')).toEqual([])
    expect(again.text('web/simple/one/index.html')).not.toContain(ONE)
  })

  it('owes the files of a listed project while their attestations cannot be had', async () => {
    let fails = true
    const server = await serveTestIndex(attestedIndex(), ({ path }) =>
      fails && path.startsWith('/integrity/') ? answerWith(500, {}) : 'pass',
    )
    const options = { url: server.url, sections: check('warn', ours), place: memoryPlace() }
    const run = await mirror(options)
    expect(run.keys(/packages/)).toEqual([])
    expect(reasons(run)[0]).toMatch(/HTTP status 500/)
    fails = false
    const healed = await mirror({ ...options, now: later(1) })
    expect(servedFiles(healed, 'one')).toEqual([ONE])
  })
})

describe('[attestations] check', () => {
  const forged = sigstore.attested(wheel(one), {
    change: ({ envelope }) => (envelope.signature = Buffer.from('another signature').toString('base64')),
  })

  it('warn mirrors what does not verify, with a warning', async () => {
    const server = await serveTestIndex(attestedIndex(forged))
    const run = await mirror({ url: server.url, sections: check('warn'), place: memoryPlace() })
    expect(servedFiles(run, 'one')).toHaveLength(2)
    expect(run.report.failures).toEqual([])
    expect(run.lines.join('\n')).toContain(`one: ${ONE}: signature-mismatch: `)
  })

  it('require keeps out what does not verify, and what has no attestations unless a line says none', async () => {
    const index = attestedIndex(forged)
    index.publish('plain', '1.0', [wheel({ name: 'plain', version: '1.0' })])
    index.publish('known', '1.0', [wheel({ name: 'known', version: '1.0' })])
    const server = await serveTestIndex(index)
    const run = await mirror({
      url: server.url,
      sections: check('require', 'publishers = known = none'),
      place: memoryPlace(),
    })
    expect(run.keys(/packages.*\.(?:whl|gz)$/).map((key) => key.replace(/.*\//, ''))).toEqual([
      'known-1.0-py3-none-any.whl',
    ])
    expect(
      reasons(run)
        .map((reason) => reason.slice(0, 59))
        .sort(),
    ).toEqual([
      `one: ${ONE} is refused: signature-mismatch`.slice(0, 59),
      'plain: plain-1.0-py3-none-any.whl is refused: the index has',
    ])
  })

  it.each(['json = false', 'json = true'])(
    'switched on over a mirror looks at what is stored, and asks nobody: %s',
    async (json) => {
      const server = await serveTestIndex(attestedIndex())
      const options: EngineOptions = { url: server.url, mirror: `${PROVENANCE}\n${json}`, place: memoryPlace() }
      await mirror(options)
      server.reset()
      const on = await mirror({ ...options, sections: check('require'), now: later(1) })
      expect(servedFiles(on, 'one')).toEqual([ONE])
      expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
      expect((await verify({ ...options, sections: check('require') }, { delete: true })).code).toBe(0)
      expect(on.keys(/\.tar\.gz$/)).toEqual([])
      const off = await mirror({ ...options, now: later(2) })
      expect(servedFiles(off, 'one')).toHaveLength(2)
      expect(off.keys(/\.tar\.gz$/)).toHaveLength(1)
    },
  )

  it.each<[string, Buffer]>([
    ['more than 1 MB', Buffer.alloc(1_048_577, ' ')],
    ['nested', Buffer.from(`{"version": 1, "attestation_bundles": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
    ['no bundle', Buffer.from('{"version": 1, "attestation_bundles": []}')],
    ['1,000 bundles', Buffer.from(JSON.stringify({ version: 1, attestation_bundles: Array(1000).fill({}) }))],
    ['not JSON', Buffer.from('<html>')],
    [
      'an unknown publisher',
      Buffer.from(
        JSON.stringify({ version: 1, attestation_bundles: [{ publisher: { kind: 'Forge' }, attestations: [] }] }),
      ),
    ],
  ])('no document ends the run, or lets the file in: %s', async (_, document) => {
    const index = attestedIndex({ ...wheel(one), provenance: document })
    index.publish('other', '1.0', [sigstore.attested(wheel({ name: 'other', version: '1.0' }))])
    const server = await serveTestIndex(index)
    const run = await mirror({ url: server.url, mirror: PROVENANCE, sections: check('require'), place: memoryPlace() })
    expect(run.keys(/web\/(?:packages|integrity).*\/one-/)).toEqual([])
    expect(servedFiles(run, 'other')).toHaveLength(1)
    expect(reasons(run)[0]).toMatch(/^one: /)
  })

  it('is as good from an HTML upstream and without a JSON API', async () => {
    const index = attestedIndex()
    index.publish('one', '2.0', [sigstore.attested(wheel(two), THIEF)])
    const server = await serveTestIndex(index, ({ path, method, usual, headers }) => {
      if (/^\/(?:pypi|$)/.test(path)) return answerWith(404, {})
      if (method === 'GET' && path.startsWith('/simple/')) headers.accept = 'text/html'
      return usual()
    })
    const run = await mirror({
      url: server.url,
      mirror: PROVENANCE,
      sections: check('require', ours),
      place: memoryPlace(),
    })
    expect(servedFiles(run, 'one')).toEqual([ONE])
    expect(run.text(KEY)).toBeDefined()
  })
})

describe('[attestations] on-change', () => {
  it.each(['warn', 'refuse'])('%s tells when another publisher comes', async (onChange) => {
    const index = attestedIndex()
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: check('warn', `on-change = ${onChange}`), place: memoryPlace() }
    const first = await mirror(options)
    expect(JSON.parse(first.text('.bandersnatch/publishers/one') ?? '')).toMatchObject({
      publishers: [{ publisher: 'github some/project release.yml' }],
    })
    index.publish('one', '2.0', [sigstore.attested(wheel(two), THIEF)])
    const run = await mirror({ ...options, now: later(1) })
    expect(run.lines.join('\n')).toContain(
      `${TWO}${onChange === 'warn' ? ':' : ' is refused:'} it was published by github thief/project release.yml; earlier files were published by github some/project release.yml`,
    )
    expect(servedFiles(run, 'one').includes(TWO)).toBe(onChange === 'warn')
    expect(run.report.failures).toHaveLength(onChange === 'warn' ? 0 : 1)
    index.yank('one', '1.0')
    const later_ = await mirror({ ...options, now: later(2) })
    expect(later_.lines.some((line) => line.includes('was published by'))).toBe(onChange === 'refuse')
  })

  it('remembers a project that was removed and comes back with another publisher', async () => {
    const index = attestedIndex()
    const server = await serveTestIndex(index)
    const options = {
      url: server.url,
      mirror: 'removed-projects = delete',
      sections: check('warn', 'on-change = refuse'),
      place: memoryPlace(),
    }
    await mirror(options)
    index.transfer('one', '2.0', [sigstore.attested(wheel(two), THIEF)], 'thief')
    const run = await mirror({ ...options, now: later(1) })
    expect(servedFiles(run, 'one')).toEqual([])
    expect(reasons(run)[0]).toContain('earlier files were published by github some/project release.yml')
  })

  it('says when the memory is damaged, and learns anew', async () => {
    const index = attestedIndex()
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: check('warn'), place: memoryPlace() }
    const first = await mirror(options)
    await first.storage.write('.bandersnatch/publishers/one', '{"publ')
    index.yank('one', '1.0')
    const run = await mirror({ ...options, now: later(1) })
    expect(run.lines.join('\n')).toContain('.bandersnatch/publishers/one is damaged')
    expect(run.text('.bandersnatch/publishers/one')).toBe(first.text('.bandersnatch/publishers/one'))
  })
})

describe('verify --attestations', () => {
  it('finds a stored object that does not verify, and gets a right one', async () => {
    const server = await serveTestIndex(attestedIndex())
    const options = { url: server.url, mirror: PROVENANCE, sections: check('warn'), place: memoryPlace() }
    const made = await mirror(options)
    const right = made.text(KEY) ?? ''
    await made.storage.write(KEY, right.replace('"version":1', '"version":2'))
    expect((await verify(options)).text(KEY)).not.toBe(right)
    const dry = await verify(options, { attestations: true, dryRun: true })
    expect(dry.code).toBe(1)
    const run = await verify(options, { attestations: true })
    expect(run.code).toBe(0)
    expect(run.lines.join('\n')).toContain('version: the document does not have version 1')
    expect(run.text(KEY)).toBe(right)
  })

  it.each(['off', 'warn', 'require'] as const)('reports what upstream cannot mend, with check = %s', async (mode) => {
    const upload = sigstore.attested(wheel(one))
    let current = upload.provenance
    const server = await serveTestIndex(attestedIndex(upload), ({ path }) =>
      path.startsWith('/integrity/') ? answerWith(200, {}, current) : 'pass',
    )
    const sections = mode === 'off' ? check('warn').replace('check = warn', 'check = off') : check(mode)
    const options = { url: server.url, mirror: PROVENANCE, sections, place: memoryPlace() }
    const made = await mirror(options)
    current = Buffer.from('{"version": 1, "attestation_bundles": []}')
    await made.storage.write(KEY, current)
    const run = await verify(options, { attestations: true })
    expect(run.code).toBe(1)
    expect(reasons(run)[0]).toContain('no-bundles')
    expect(servedFiles(run, 'one').includes(ONE)).toBe(mode !== 'require')
    const next = await mirror({ ...options, now: later(1) })
    expect(next.report.projectsSynced).toBe(0)
  })
})
