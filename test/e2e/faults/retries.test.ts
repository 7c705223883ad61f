import { describe, expect, it } from 'vitest'
import { answerWith, createPackageIndex, wheel } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import { numbered, publish, serveIndex, smallIndex } from '../support.js'
import { createMirror, pageNames, rootNames } from './support.js'

const START = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** A project costs at most so many requests in a run, from its third failing run on. */
const MOST_REQUESTS = 10

const STUCK: readonly [string, (request: HookedRequest) => Reaction][] = [
  ['its document and page answer 403', ({ path }) => (/\/stuck\//.test(path) ? answerWith(403, {}) : 'pass')],
  [
    'its document is no JSON',
    ({ path }) => (/\/stuck\//.test(path) ? answerWith(200, { 'content-type': 'application/json' }, '{') : 'pass'),
  ],
  ['its document answers 503', ({ path }) => (/\/stuck\//.test(path) ? answerWith(503, {}) : 'pass')],
  ['its files answer 404', ({ path }) => (/\/stuck-/.test(path) ? answerWith(404, {}) : 'pass')],
  ['its files have other bytes', ({ path }) => (/\/stuck-/.test(path) ? answerWith(200, {}, 'other bytes') : 'pass')],
]

describe('a project that fails run after run', () => {
  it.each(STUCK)('costs at most 10 requests from its third failing run on: %s', async (_, reaction) => {
    const index = smallIndex(['fine'])
    // Many files: each of them could be asked for several times.
    for (let version = 1; version <= 8; version += 1) publish(index, { name: 'stuck', version: `${version}.0` })
    const upstream = await serveIndex(index, { onRequest: reaction })
    const mirror = createMirror(upstream.url, 'global-timeout = 2\nworkers = 10\n')
    for (let run = 1; run <= 4; run += 1) {
      // Far enough apart that it is asked for in every run.
      mirror.at(new Date(START + run * 2 * DAY))
      upstream.reset()
      expect(await mirror.mirror()).toMatchObject({ code: 1 })
      const asked = upstream.count(/\/stuck[/-]/)
      expect(asked).toBeGreaterThan(0)
      if (run >= 3) expect(asked).toBeLessThanOrEqual(MOST_REQUESTS)
    }
    expect(await rootNames(mirror)).toContain('fine')
  })

  it('is asked for less and less often, at last once a day', async () => {
    const index = smallIndex(['fine', 'stuck'])
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (/\/stuck\//.test(path) ? answerWith(403, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url)
    let time = START
    const asksAfter = async (pause: number): Promise<boolean> => {
      time += pause
      mirror.at(new Date(time))
      upstream.reset()
      expect(await mirror.mirror()).toMatchObject({ code: 1 })
      return upstream.count(/\/stuck\//) > 0
    }
    for (let run = 1; run <= 3; run += 1) expect(await asksAfter(MINUTE)).toBe(true)
    for (const minutes of [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]) {
      expect(await asksAfter((minutes - 1) * MINUTE), `${minutes - 1} minutes`).toBe(false)
      expect(await asksAfter(MINUTE), `${minutes} minutes`).toBe(true)
    }
  })

  it('gets its new releases although many of its files cannot be had, and in the end each file that can', async () => {
    const index = smallIndex(['fine'])
    for (let version = 1; version <= 4; version += 1) publish(index, { name: 'stuck', version: `${version}.0` })
    let bad = /\/stuck-/
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (bad.test(path) ? answerWith(404, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url, 'core-metadata = false\nworkers = 10\n')
    const runs = async (count: number): Promise<void> => {
      for (let run = 0; run < count; run += 1) {
        mirror.at(new Date((time += 2 * DAY)))
        await mirror.mirror()
      }
    }
    let time = START
    await runs(3)
    bad = /\/stuck-[1234]/
    publish(index, { name: 'stuck', version: '5.0' })
    await runs(1)
    expect(await pageNames(mirror, 'stuck')).toEqual(['stuck-5.0-py3-none-any.whl'])
    bad = /\/stuck-[123]/
    await runs(4)
    expect(await pageNames(mirror, 'stuck')).toEqual(['stuck-4.0-py3-none-any.whl', 'stuck-5.0-py3-none-any.whl'])
  })

  it.each(['a new serial', '--retry-failed', 'sync'])('is asked for at once by %s', async (why) => {
    const index = smallIndex(['fine', 'stuck'])
    let broken = true
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (broken && /\/stuck\//.test(path) ? answerWith(403, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url)
    for (let run = 0; run < 6; run += 1) {
      mirror.at(new Date(START + run * 2 * DAY))
      expect(await mirror.mirror()).toMatchObject({ code: 1 })
    }
    broken = false
    upstream.reset()
    const { code, log } = await mirror.mirror()
    expect(code).toBe(1)
    expect(log).toMatch(/stuck.*not asked again before .*--retry-failed/)
    expect(upstream.count(/\/stuck\//)).toBe(0)
    if (why === 'a new serial') index.yank('stuck', '1.0')
    if (why === 'sync') expect(await mirror.sync('stuck')).toMatchObject({ code: 0 })
    expect(await mirror.mirror({ retryFailed: why === '--retry-failed' })).toMatchObject({ code: 0 })
    expect(upstream.count(/\/stuck\//)).toBeGreaterThan(0)
    expect(await rootNames(mirror)).toEqual(['fine', 'stuck'])
  })
})

describe('a run against an upstream that is out of order', () => {
  const NAMES = numbered(600)
  const OPTIONS = 'global-timeout = 2\nrelease-files = false\n'

  /** An index that after a while answers nothing but 503 for projects; the first projects are fine. */
  async function failingIndex(fine: number) {
    const index = createPackageIndex()
    for (const name of NAMES) index.publish(name, '1.0', [wheel({ name, version: '1.0' })])
    let failing = true
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => {
        const number = Number(/project-(\d+)/.exec(path)?.[1] ?? -1)
        return failing && number >= fine ? answerWith(503, { 'retry-after': '0' }) : 'pass'
      },
    })
    return { index, upstream, heal: () => void (failing = false) }
  }

  it('stops asking, says so, exits with 7, and counts nothing against the projects', async () => {
    const { upstream, heal } = await failingIndex(5)
    const mirror = createMirror(upstream.url, OPTIONS)
    let log = ''
    // Three failing runs of a project's own would postpone it.
    for (let run = 0; run < 3; run += 1) {
      const ran = await mirror.mirror()
      expect(ran).toMatchObject({ code: 7 })
      log = ran.log
    }
    expect(log).toMatch(/is out of order: \d+ of the last \d+ requests failed: HTTP status 503/)
    expect(upstream.count(/project-5\d\d/)).toBe(0)
    heal()
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await rootNames(mirror)).toEqual(NAMES)
  })

  it('stops verify --json-update, too, with the same exit code', async () => {
    const { upstream, heal } = await failingIndex(0)
    const mirror = createMirror(upstream.url, `${OPTIONS}json = true\n`)
    heal()
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    const broken = await failingIndex(0)
    const other = createMirror(broken.upstream.url, `${OPTIONS}json = true\n`)
    await other.erase('.')
    for (const key of await mirror.keys()) await other.write(key, (await mirror.read(key)) ?? '')
    const { code, log } = await other.verify({ jsonUpdate: true, delete: true })
    expect(code).toBe(7)
    expect(log).toMatch(/is out of order/)
    expect(await rootNames(other)).toEqual(NAMES)
  })
})
