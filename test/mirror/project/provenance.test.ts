import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { runDelete } from '../../../src/mirror/delete.js'
import { runSync } from '../../../src/mirror/sync.js'
import { NOW, engine, serveTestIndex } from '../../helpers/engine.js'
import type { EngineOptions } from '../../helpers/engine.js'
import { answerWith, createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import type { HookedRequest } from '../../helpers/index/index.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { KEY, ONE, PROVENANCE, attestedIndex, later, mirror, named, one, sigstore, verify } from './attested-runs.js'

const OURS = `https://mirror.example/integrity/one/1.0/${ONE}/provenance`

describe('provenance = true', () => {
  it('stores the objects, and names them in the pages of both formats', async () => {
    const upload = sigstore.attested(wheel(one))
    const server = await serveTestIndex(attestedIndex(upload))
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const run = await mirror(options)
    expect(run.text(KEY)).toBe(String(upload.provenance))
    expect(named(run)).toEqual({ [ONE]: OURS, 'one-1.0.tar.gz': null })
    expect(run.text('web/simple/one/index.html')).toContain(`data-provenance="${OURS}"`)
    expect(run.report.failures).toEqual([])
    expect(server.count(/integrity/)).toBe(1)
    server.reset()
    await mirror({ ...options, now: later(1) })
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
  })

  it('fetches the objects of a project again when it changes', async () => {
    const index = attestedIndex()
    const other = JSON.stringify({ version: 1, attestation_bundles: [], note: 'grown' })
    const server = await serveTestIndex(index, ({ path }) =>
      index.projects.get('one')?.releases.size === 2 && path.startsWith('/integrity/')
        ? answerWith(200, {}, other)
        : 'pass',
    )
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    await mirror(options)
    index.publish('one', '2.0', [sdist({ name: 'one', version: '2.0' })])
    const run = await mirror({ ...options, now: later(1) })
    expect(run.text(KEY)).toBe(other)
    expect(server.count(/integrity/)).toBe(2)
  })

  it.each([403, 404, 500])('owes an object that the page promises and upstream answers %i for', async (status) => {
    let fails = true
    const server = await serveTestIndex(attestedIndex(), ({ path }) =>
      fails && path.startsWith('/integrity/') ? answerWith(status, {}) : 'pass',
    )
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const run = await mirror(options)
    expect(named(run)).toEqual({ [ONE]: undefined, 'one-1.0.tar.gz': null })
    expect(run.keys(/packages/)).toHaveLength(3)
    expect(run.report.failures.map(({ reason }) => reason)).toEqual([expect.stringContaining(String(status))])
    fails = false
    const healed = await mirror({ ...options, now: later(1) })
    expect(named(healed)).toMatchObject({ [ONE]: OURS })
    expect(healed.report.failures).toEqual([])
    expect(healed.text('todo')).toBeUndefined()
  })

  it('goes on serving the object that it has while upstream does not give the new one', async () => {
    const index = attestedIndex()
    const page = { broken: false }
    const server = await serveTestIndex(index, ({ path }) =>
      page.broken && path.startsWith('/integrity/') ? answerWith(200, {}, '<html>Sign in</html>') : 'pass',
    )
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const before = await mirror(options)
    index.yank('one', '1.0')
    page.broken = true
    const run = await mirror({ ...options, now: later(1) })
    expect(named(run)).toMatchObject({ [ONE]: OURS })
    expect(run.text(KEY)).toBe(before.text(KEY))
    expect(run.report.failures.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('not a provenance object'),
    ])
  })

  it('is asked for a file at a time, and once for each file, when the project failed in several runs', async () => {
    const index = createPackageIndex()
    const wheels = ['1', '2', '3', '4'].map((tag) => sigstore.attested(wheel(one, { tag: `py3${tag}-none-any` })))
    index.publish('one', '1.0', wheels)
    const broken = { names: /./ }
    const server = await serveTestIndex(index, ({ path }) =>
      path.startsWith('/integrity/') && broken.names.test(path) ? answerWith(500, {}) : 'pass',
    )
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    for (const hour of [0, 1, 2]) await mirror({ ...options, now: later(hour) }, { retryFailed: true })
    server.reset()
    await mirror({ ...options, now: later(24) }, { retryFailed: true })
    expect([...server.requests.keys()].filter((request) => request.includes('integrity'))).toHaveLength(1)
    broken.names = /py32/
    for (const hour of [48, 72, 96]) await mirror({ ...options, now: later(hour) }, { retryFailed: true })
    const run = await engine(options)
    expect(run.keys(/provenance$/)).toHaveLength(3)
  })

  it.each(['..%2F..%2Fsimple', '%00', '.', 'a'.repeat(300)])(
    'is stored where it belongs whatever URL the page gives: %s',
    async (version) => {
      const upload = sigstore.attested(wheel(one))
      const server = await serveTestIndex(attestedIndex(upload), (request) => {
        if (request.path.startsWith('/integrity/')) return answerWith(200, {}, upload.provenance)
        if (!request.path.startsWith('/simple/one/')) return 'pass'
        const { body, headers } = answer(request)
        return answerWith(200, headers, body.replaceAll('/integrity/one/1.0/', `/integrity/one/${version}/`))
      })
      const run = await mirror({ url: server.url, mirror: PROVENANCE, place: memoryPlace() })
      expect(run.keys(/provenance/)).toEqual([KEY])
      expect(named(run)).toMatchObject({ [ONE]: OURS })
      expect(server.count(/integrity/)).toBe(1)
    },
  )
})

/** What the index would answer, as text. */
function answer({ usual }: HookedRequest): { readonly headers: Record<string, string>; readonly body: string } {
  const { body, headers } = usual()
  const bytes = body.read(0, body.size)
  const { 'content-encoding': encoding, ...others } = headers
  return { headers: others, body: (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString() }
}

describe.each([
  ['json = false', ''],
  ['json = true', ''],
  ['json = false', 'simple-format = HTML'],
  ['json = true', 'simple-format = JSON'],
])('an edit of provenance over a mirror with %s %s', (json, format) => {
  const setting = (lines: string): string => `${json}\n${format}\n${lines}`
  const page = (run: { text: (key: string) => string | undefined }): string =>
    run.text(`web/simple/one/index.${format === 'simple-format = HTML' ? 'html' : 'v1_json'}`) ?? ''

  it('is made from what is stored and the objects, and taken back by asking where upstream has them', async () => {
    const server = await serveTestIndex(attestedIndex())
    const options: EngineOptions = { url: server.url, mirror: setting(''), place: memoryPlace() }
    expect(page(await mirror(options))).toContain(`${server.url}/integrity/`)
    server.reset()
    const on = { ...options, mirror: setting(PROVENANCE) }
    expect(page(await mirror({ ...on, now: later(1) }))).toContain(OURS)
    expect([...server.requests.keys()].sort()).toEqual([
      `GET /integrity/one/1.0/${ONE}/provenance`,
      'RPC changelog_last_serial',
    ])
    server.reset()
    const moved = { ...on, mirror: on.mirror.replace('mirror.example', 'other.example') }
    expect(page(await mirror({ ...moved, now: later(2) }))).toContain(OURS.replace('mirror', 'other'))
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
    server.reset()
    const off = await mirror({ ...options, now: later(3) })
    expect(page(off)).toContain(`${server.url}/integrity/`)
    expect(page(off)).not.toContain('.example')
    expect(server.count(/integrity/)).toBe(0)
    expect(off.text(KEY)).toBeDefined()
    const cleaned = await verify(options, { delete: true })
    expect(cleaned.code).toBe(0)
    expect(cleaned.keys(/integrity/)).toEqual([])
    expect(cleaned.keys(/packages/)).toHaveLength(3)
  })

  it('that is interrupted is finished, or taken back, by the next run', async () => {
    const index = attestedIndex()
    index.publish('two', '1.0', [sigstore.attested(wheel({ name: 'two', version: '1.0' }))])
    const server = await serveTestIndex(index)
    for (const taken of ['finished', 'taken back']) {
      const options: EngineOptions = { url: server.url, mirror: setting(''), place: memoryPlace() }
      await mirror(options)
      const on = { ...options, mirror: setting(PROVENANCE) }
      const killed = await engine({ ...on, now: later(1) })
      const provenance = async (url: string): Promise<Buffer> => {
        if (url.includes('/two/')) throw new Error('killed')
        return killed.upstream.provenance(url)
      }
      const half = mirror({ ...on, now: later(1), upstream: { provenance } })
      await expect(half).rejects.toThrow('killed')
      const between = await verify({ ...(taken === 'finished' ? on : options), now: later(1) }, { delete: true })
      if (page(between).includes('mirror.example')) expect(between.text(KEY)).toBeDefined()
      const after = await mirror({ ...(taken === 'finished' ? on : options), now: later(2) })
      expect(after.report.failures).toEqual([])
      expect(page(after).includes('mirror.example')).toBe(taken === 'finished')
      expect(page(after).includes(server.url)).toBe(taken !== 'finished')
    }
  })
})

describe('what is stored with provenance = true', () => {
  it.each(['missing', 'damaged'])('is known to verify: %s objects are fetched again', async (state) => {
    const server = await serveTestIndex(attestedIndex())
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const made = await mirror(options)
    const right = made.text(KEY)
    if (state === 'missing') await made.storage.remove(KEY)
    else await made.storage.write(KEY, '{"version": 1, "attest')
    const dry = await verify(options, { dryRun: true })
    expect(dry.code).toBe(1)
    expect(dry.text(KEY)).not.toBe(right)
    expect(dry.lines.join('\n')).toContain(`${KEY} is missing or damaged`)
    const repaired = await verify(options)
    expect(repaired.code).toBe(0)
    expect(repaired.text(KEY)).toBe(right)
    server.reset()
    expect((await verify(options)).code).toBe(0)
    expect(server.requests.size).toBe(0)
  })

  it('is asked for again when pages must be made anew and an object is missing', async () => {
    const server = await serveTestIndex(attestedIndex())
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const made = await mirror(options)
    await made.storage.remove(KEY)
    const run = await mirror({ ...options, mirror: `${PROVENANCE}\nhash-index = true`, now: later(1) })
    expect(run.text(KEY)).toBeDefined()
    expect(run.text('web/simple/o/one/index.html')).toContain(OURS)
  })

  it('keeps what a served page names, and loses what none names, with verify --delete', async () => {
    const server = await serveTestIndex(attestedIndex())
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const made = await mirror(options)
    await made.storage.write('web/integrity/nobody/1.0/nobody-1.0.whl/provenance', '{}')
    const run = await verify(options, { delete: true })
    expect(run.code).toBe(0)
    expect(run.keys(/integrity/)).toEqual([KEY])
  })

  it('goes with a file that upstream withdraws, a withdrawn project, and delete', async () => {
    const index = attestedIndex()
    index.publish('two', '1.0', [sigstore.attested(wheel({ name: 'two', version: '1.0' }))])
    index.publish('three', '1.0', [sigstore.attested(wheel({ name: 'three', version: '1.0' }))])
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: `${PROVENANCE}\nremoved-projects = delete`, place: memoryPlace() }
    expect((await mirror(options)).keys(/provenance$/)).toHaveLength(3)
    index.removeFile('one', ONE)
    index.deleteProject('two')
    const run = await mirror({ ...options, now: later(1) })
    expect(run.keys(/provenance$/)).toEqual(['web/integrity/three/1.0/three-1.0-py3-none-any.whl/provenance'])
    const deleting = await engine(options)
    await runDelete(deleting, ['three'], { dryRun: true })
    expect(deleting.report.planned.remove).toContain('/memory/web/integrity/three')
    await runDelete(deleting, ['three'], { dryRun: false })
    expect(deleting.keys(/integrity/)).toEqual([])
  })

  it('stays with removed-projects = unlist until verify --delete, as release files do', async () => {
    const index = attestedIndex()
    index.publish('two', '1.0', [sdist({ name: 'two', version: '1.0' }), wheel({ name: 'two', version: '1.0' })])
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    await mirror(options)
    index.deleteProject('one')
    const run = await mirror({ ...options, now: later(1) })
    expect(run.text('web/simple/one/index.html')).toBeUndefined()
    expect(run.text(KEY)).toBeDefined()
    expect((await verify(options, { delete: true, yes: true })).keys(/integrity|one-1/)).toEqual([])
  })

  it('is made by sync, too', async () => {
    const server = await serveTestIndex(attestedIndex())
    const run = await engine({ url: server.url, mirror: PROVENANCE, place: memoryPlace() })
    await runSync(run, ['one'], { writeRoot: true })
    expect(named(run)).toMatchObject({ [ONE]: OURS })
    expect(run.text(KEY)).toBeDefined()
  })

  it('keeps its place when pages are made from a page that spells the version otherwise', async () => {
    const index = createPackageIndex()
    const odd = { name: 'one', version: '1.0-1' }
    index.publish('one', '1.0-1', [sigstore.attested({ ...wheel(odd), filename: 'one-1.0.post1-py3-none-any.whl' })])
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: PROVENANCE, place: memoryPlace() }
    const before = (await mirror(options)).keys(/provenance$/)
    server.reset()
    const run = await mirror({ ...options, mirror: `${PROVENANCE}\nhash-index = true`, now: later(1) })
    expect(run.keys(/provenance$/)).toEqual(before)
    expect(run.text('web/simple/o/one/index.html')).toContain(before[0]?.slice('web'.length))
    expect(server.count(/integrity/)).toBe(0)
  })

  it.each(['json = false', 'json = true'])('comes with a file that release_age held back: %s', async (json) => {
    const index = createPackageIndex({ firstTime: NOW.getTime() - 3600_000 })
    index.publish('one', '1.0', [sigstore.attested(wheel(one))])
    const server = await serveTestIndex(index)
    const sections = '[plugins]\nenabled = release_age\n[release_age]\nmin_days = 7\n'
    const options = { url: server.url, mirror: `${PROVENANCE}\n${json}`, sections, place: memoryPlace() }
    const held = await mirror(options)
    expect(held.keys(/provenance|packages/)).toEqual([])
    expect(server.count(/integrity/)).toBe(0)
    const run = await mirror({ ...options, now: later(24 * 8) })
    expect(named(run)).toEqual({ [ONE]: OURS })
    expect(run.text(KEY)).toBeDefined()
    expect((await verify({ ...options, now: later(24 * 8) }, { delete: true })).code).toBe(0)
  })
})
