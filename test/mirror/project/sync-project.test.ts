import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { answerWith, sdist, wheel } from '../../helpers/index/index.js'
import type { HookedRequest, PackageIndex, Reaction, RunningIndex } from '../../helpers/index/index.js'
import { NOW, engine, indexOf, publish, servedFiles, serveTestIndex } from '../../helpers/engine.js'
import type { Engine, EngineOptions } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'

async function mirror(options: EngineOptions, hours = 0): Promise<Engine> {
  const run = await engine({ ...options, now: new Date(NOW.getTime() + hours * 3600_000) })
  await runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
  return run
}

const wheelOf = (name: string, version: string): string => `${name}-${version}-py3-none-any.whl`
const asked = (server: RunningIndex): string[] =>
  [...server.requests.keys()].filter((one) => !one.startsWith('RPC')).sort()

/** The usual answer with another JSON text. */
function changed(request: HookedRequest, change: (json: Record<string, unknown>) => unknown): Reaction {
  const { status, headers, body } = request.usual()
  const { 'content-encoding': encoding, ...others } = headers
  const bytes = body.read(0, body.size)
  const text = (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  return answerWith(status, others, JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)))
}

const isDocument = ({ path }: HookedRequest): boolean => path.startsWith('/pypi/')

describe('pages that are made again although upstream did not change', () => {
  const LATEST = '[plugins]\nenabled = latest_release\n[latest_release]\nkeep = 1\n'

  async function twoReleases(
    options: EngineOptions,
  ): Promise<{ index: PackageIndex; server: RunningIndex; options: EngineOptions }> {
    const index = indexOf('one')
    publish(index, 'one', '2.0')
    const server = await serveTestIndex(index)
    const all = { url: server.url, place: memoryPlace(), ...options }
    await mirror(all)
    server.reset()
    return { index, server, options: all }
  }

  it('come from the stored document where there is one, without a request', async () => {
    for (const version of ['1.1', '1.4']) {
      const { server, options } = await twoReleases({ mirror: `json = true\nsimple-api-version = ${version}` })
      const run = await mirror({ ...options, sections: LATEST }, 1)
      expect(servedFiles(run, 'one')).toEqual([wheelOf('one', '2.0')])
      expect(asked(server)).toEqual([])
    }
  })

  it('need the page of upstream where files come back that the stored page does not have', async () => {
    const { server, options } = await twoReleases({ mirror: 'json = true', sections: LATEST })
    const run = await mirror({ ...options, sections: '' }, 1)
    expect(servedFiles(run, 'one')).toEqual([wheelOf('one', '1.0'), wheelOf('one', '2.0')])
    expect(asked(server).filter((one) => !one.includes('/packages/'))).toEqual(['GET /simple/one/'])
  })

  it('need the page of upstream where the API version has more fields', async () => {
    const { server, options } = await twoReleases({ mirror: 'json = true\nsimple-api-version = 1.1' })
    const run = await mirror({ ...options, mirror: 'json = true\nsimple-api-version = 1.4' }, 1)
    expect(asked(server)).toEqual(['GET /simple/one/'])
    expect(run.text('web/simple/one/index.v1_json')).toContain('1.4')
  })

  it('need upstream where a filter was edited and there is no document', async () => {
    const { server, options } = await twoReleases({})
    const run = await mirror({ ...options, sections: LATEST }, 1)
    expect(servedFiles(run, 'one')).toEqual([wheelOf('one', '2.0')])
    expect(asked(server)).toContain('GET /pypi/one/json')
  })

  it('do not go by a document that is older than the page', async () => {
    const { server, options, index } = await twoReleases({ mirror: 'json = true' })
    const place = options.place ?? memoryPlace()
    const document = place.files.get('web/json/one')
    publish(index, 'one', '3.0')
    await mirror(options, 1)
    if (document !== undefined) place.files.set('web/json/one', document)
    server.reset()
    const run = await mirror({ ...options, mirror: 'json = true\nsimple-format = JSON' }, 2)
    expect(servedFiles(run, 'one')).toContain(wheelOf('one', '3.0'))
  })
})

describe('what upstream says of a project', () => {
  it('is on its page where the document has no releases', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index, (request) =>
      isDocument(request) ? changed(request, (json) => ({ ...json, releases: undefined })) : 'pass',
    )
    const run = await mirror({ url: server.url })
    expect(servedFiles(run, 'one'), run.lines.join('\n')).toEqual([wheelOf('one', '1.0')])
  })

  it('is on its page where the releases of the document are empty', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index, (request) =>
      isDocument(request) ? changed(request, (json) => ({ ...json, releases: {} })) : 'pass',
    )
    expect(servedFiles(await mirror({ url: server.url, mirror: 'simple-api-version = 1.1' }), 'one')).toEqual([
      wheelOf('one', '1.0'),
    ])
  })

  it('is not that it is gone where the JSON API answers 404 and the page lists files', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index, ({ path }) =>
      path === '/pypi/two/json' ? answerWith(404, {}, '') : 'pass',
    )
    const run = await mirror({ url: server.url })
    expect(run.report.failures).toEqual([expect.objectContaining({ project: 'two' })])
    expect(run.report.failures[0]?.reason).toContain('its page lists 1 file ')
  })

  it('is refused where all of its files must not be mirrored, and some are left out', async () => {
    const index = indexOf('bad')
    publish(index, 'some', '1.0')
    publish(index, 'some', '2.0')
    const server = await serveTestIndex(index, (request) => {
      // A document without usable files: the page decides.
      if (request.path === '/simple/bad/') {
        return changed(request, (json) => ({
          ...json,
          files: (json['files'] as object[]).map((file) => ({ ...file, filename: '../x' })),
        }))
      }
      if (!isDocument(request)) return 'pass'
      return changed(request, (json) => {
        const releases = json['releases'] as Record<string, { filename: string }[]>
        return {
          ...json,
          releases: { ...releases, '1.0': (releases['1.0'] ?? []).map((file) => ({ ...file, filename: '../x' })) },
        }
      })
    })
    const run = await mirror({ url: server.url, mirror: 'simple-api-version = 1.1' })
    expect(servedFiles(run, 'some')).toEqual([wheelOf('some', '2.0')])
    expect(run.keys(/simple\/bad/)).toEqual([])
    expect(run.lines).toContainEqual(expect.stringMatching(/some: refusing a release file: .*is not a filename/))
    expect(run.report.refused).toBeGreaterThanOrEqual(2)
    expect((await run.ledger()).get('bad')).toMatchObject({ absent: 'refused' })
  })
})

describe('files', () => {
  it('that upstream removed go with removed-projects = delete, and stay otherwise', async () => {
    for (const [policy, left] of [
      ['delete', 0],
      ['unlist', 2],
    ] as const) {
      const index = indexOf('one')
      publish(index, 'one', '2.0')
      const server = await serveTestIndex(index)
      const options = { url: server.url, place: memoryPlace(), mirror: `removed-projects = ${policy}` }
      await mirror(options)
      index.removeRelease('one', '1.0')
      const run = await mirror(options, 1)
      expect(servedFiles(run, 'one')).toEqual([wheelOf('one', '2.0')])
      expect(run.keys(/packages.*one-1\.0/)).toHaveLength(left)
    }
  })

  it('come from upstream where the download-mirror lacks them', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index)
    const empty = await serveTestIndex(indexOf())
    const run = await mirror({ url: server.url, mirror: `download-mirror = ${empty.url}` })
    expect(servedFiles(run, 'one')).toEqual([wheelOf('one', '1.0')])
    expect(empty.count(/packages/)).toBeGreaterThan(0)
    expect(run.lines).toContainEqual(expect.stringContaining('Trying the next place for one-1.0'))
    const alone = `download-mirror = ${empty.url}\ndownload-mirror-no-fallback = true`
    const owed = await mirror({ url: server.url, mirror: alone })
    expect(owed.report.failures).toHaveLength(1)
  })

  it('that are large are streamed', async () => {
    const index = indexOf('one')
    const { body } = sdist({ name: 'one', version: '3.0' })
    const padded = Buffer.concat([body.read(0, body.size), Buffer.alloc(1_200_000, 'x')])
    index.publish('one', '3.0', [
      {
        ...wheel({ name: 'one', version: '3.0' }),
        servesMetadata: false,
        body: { size: padded.length, read: (start, end) => padded.subarray(start, end) },
      },
    ])
    const server = await serveTestIndex(index)
    const run = await mirror({ url: server.url })
    expect(servedFiles(run, 'one')).toHaveLength(2)
    const [key = ''] = run.keys(/one-3\.0/)
    expect(run.place.files.get(key)?.body.equals(padded)).toBe(true)
    expect(run.report.bytesFetched).toBeGreaterThan(padded.length)
  })

  it('of a project that failed in several runs are tried a few at a time', async () => {
    const index = indexOf('one')
    for (const version of ['2', '3', '4', '5', '6', '7', '8']) publish(index, 'one', version)
    const server = await serveTestIndex(index, ({ path }) => (path.endsWith('.whl') ? answerWith(404, {}, '') : 'pass'))
    const run = await engine({ url: server.url, mirror: 'max-requests = 1' })
    const owed = { since: 60, runs: 5, next: 0, serial: index.serial, reason: 'broken' }
    ;(await run.ledger()).set('one', { serial: 1, shape: run.shape.id, owed })
    await runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
    expect(server.requests.size).toBeLessThan(10)
    expect(run.report.failures).toEqual([expect.objectContaining({ project: 'one', runs: 6 })])
  })

  it('that were right and are damaged now are not served where they cannot be had', async () => {
    const index = indexOf('one')
    publish(index, 'one', '2.0')
    let broken = false
    const server = await serveTestIndex(index, ({ path }) =>
      broken && path.endsWith(wheelOf('one', '1.0')) ? answerWith(404, {}, '') : 'pass',
    )
    const options = { url: server.url, place: memoryPlace() }
    const first = await mirror(options)
    const [key = ''] = first.keys(/one-1\.0.*whl$/)
    await first.storage.write(key, 'damaged')
    broken = true
    index.yank('one', '2.0')
    const run = await mirror(options, 1)
    expect(run.text(key)).toBeUndefined()
    expect(servedFiles(run, 'one')).toEqual([wheelOf('one', '2.0')])
  })
})

it('cleanup removes the pages of other spellings', async () => {
  const index = indexOf()
  index.publish('One_Two', '1.0', [sdist({ name: 'One_Two', version: '1.0' })])
  const server = await serveTestIndex(index)
  const place = memoryPlace()
  place.files.set('web/simple/One_Two/index.html', { body: Buffer.from('old'), time: 0 })
  const run = await mirror({ url: server.url, place, mirror: 'cleanup = true' })
  expect(run.keys(/One_Two\/index/)).toEqual([])
  expect(run.keys(/simple\/one-two/)).toHaveLength(3)
  expect(run.lines).toContainEqual(expect.stringContaining('a directory from before PEP 503'))
})

it('diff-file lists what a run wrote', async () => {
  const server = await serveTestIndex(indexOf('one'))
  const run = await engine({ url: server.url, mirror: 'diff-file = /lists/diff\ndiff-append-epoch = true' })
  await runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
  await run.diff.close()
  const list = run.place.lists.get(`/lists/diff-${Math.floor(NOW.getTime() / 1000)}`)
  expect(list?.split('\n')).toContain('/memory/web/simple/one/index.html')
  expect(list).toMatch(/one-1\.0-py3-none-any\.whl/)
})

it('does not ask for pages where the API version needs none', async () => {
  const server = await serveTestIndex(indexOf('one'))
  await mirror({ url: server.url, mirror: 'simple-api-version = 1.1' })
  expect(server.count(/simple\/one/)).toBe(0)
  await mirror({ url: server.url })
  expect(server.count(/simple\/one/)).toBe(1)
})
