import { describe, expect, it } from 'vitest'
import { answerWith } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import { numbered, publish, serveIndex, smallIndex } from '../support.js'
import { createMirror, danglingLinks, expectFresh, pageNames, rootNames, servedBy } from './support.js'

const START = Date.UTC(2026, 0, 1)
const HOUR = 3600_000

/** An index whose answers are changed by `react` while `odd.on` is set. */
async function oddIndex(names: readonly string[], react: (request: HookedRequest) => Reaction) {
  const index = smallIndex(names)
  const odd = { on: false }
  const upstream = await serveIndex(index, { onRequest: (request) => (odd.on ? react(request) : 'pass') })
  return { index, upstream, odd }
}

const without =
  (pattern: RegExp) =>
  ({ path }: HookedRequest): Reaction =>
    pattern.test(path) ? answerWith(404, {}) : 'pass'

describe('one file that cannot be had does not hold back the rest of its project', () => {
  it.each([
    ['a release file with 404', without(/lib-2\.0[^/]*$/)],
    [
      'a release file with other bytes',
      ({ path }: HookedRequest): Reaction => (/lib-2\.0[^/]*\.whl$/.test(path) ? answerWith(200, {}, 'other') : 'pass'),
    ],
  ])('%s: a yank and another release arrive, and it follows later', async (_, react) => {
    const { index, upstream, odd } = await oddIndex(['lib'], react)
    const mirror = createMirror(upstream.url)
    await mirror.mirror()
    odd.on = true
    for (const version of ['2.0', '3.0']) publish(index, { name: 'lib', version })
    index.yank('lib', '1.0', 'bad')
    const { code, log } = await mirror.mirror()
    expect(code).toBe(1)
    expect(log).toMatch(/lib.*lib-2\.0/)
    expect(await pageNames(mirror, 'lib')).toEqual(['lib-1.0-py3-none-any.whl', 'lib-3.0-py3-none-any.whl'])
    expect(await mirror.read('web/simple/lib/index.v1_json')).toContain('"yanked": "bad"')
    expect(await danglingLinks(mirror)).toEqual([])
    odd.on = false
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await pageNames(mirror, 'lib')).toHaveLength(3)
  })

  it('core metadata: the page does not announce it, and it follows later', async () => {
    const { upstream, odd } = await oddIndex(['lib', 'other'], without(/lib-.*\.metadata$/))
    const mirror = createMirror(upstream.url)
    odd.on = true
    expect(await mirror.mirror()).toMatchObject({ code: 1 })
    expect(await rootNames(mirror)).toEqual(['lib', 'other'])
    expect(await mirror.read('web/simple/lib/index.html')).not.toContain('data-core-metadata')
    expect(await mirror.read('web/simple/other/index.html')).toContain('data-core-metadata')
    odd.on = false
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    await expectFresh(mirror, upstream.url, '')
  })
})

describe('a listed project that answers 404', () => {
  const GONE = without(/^\/(?:simple|pypi)\/project-00[0-2]\//)

  it('stays on the index, is asked for again, and goes once the answer has lasted a day', async () => {
    const { index, upstream, odd } = await oddIndex(numbered(5), GONE)
    const mirror = createMirror(upstream.url, 'removal-limit = 100\n')
    mirror.at(new Date(START))
    await mirror.mirror()
    const before = await servedBy(mirror)
    odd.on = true
    for (const name of numbered(3)) index.yank(name, '1.0')
    for (const hours of [1, 2, 12, 24]) {
      mirror.at(new Date(START + hours * HOUR))
      upstream.reset()
      expect(await mirror.mirror({ retryFailed: true })).toMatchObject({ code: 1 })
      expect(upstream.count(/project-001/)).toBeGreaterThan(0)
      expect(Object.keys(await servedBy(mirror))).toEqual(Object.keys(before))
    }
    mirror.at(new Date(START + 27 * HOUR))
    expect(await mirror.mirror({ retryFailed: true })).toMatchObject({ code: 0 })
    expect(await rootNames(mirror)).toEqual(['project-003', 'project-004'])
  })

  it('is as it was before when the answer passes', async () => {
    const { index, upstream, odd } = await oddIndex(numbered(5), GONE)
    const mirror = createMirror(upstream.url)
    await mirror.mirror()
    odd.on = true
    index.yank('project-001', '1.0', 'a reason')
    expect(await mirror.mirror()).toMatchObject({ code: 1 })
    odd.on = false
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await mirror.read('web/simple/project-001/index.html')).toContain('a reason')
  })

  it('goes at once when the list drops it', async () => {
    const { index, upstream } = await oddIndex(numbered(5), GONE)
    const mirror = createMirror(upstream.url)
    await mirror.mirror()
    index.deleteProject('project-001')
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await rootNames(mirror)).toHaveLength(4)
  })

  it.each([
    [2, 1],
    [3, 2],
    [10, 6],
  ])('the guard works in a mirror of %d projects, of which %d vanish from the list', async (count, gone) => {
    const { index, upstream } = await oddIndex(numbered(count), () => 'pass')
    const mirror = createMirror(upstream.url, gone === 1 ? 'removal-limit = 0\n' : '')
    await mirror.mirror()
    for (const name of numbered(gone)) index.deleteProject(name)
    const { code, log } = await mirror.mirror()
    expect(code).toBe(1)
    expect(log).toMatch(/mirrored projects would go, more than the \d+ that removal-limit allows: nothing is removed/)
    expect(await rootNames(mirror)).toHaveLength(count)
    expect(await mirror.mirror({ allowRemovals: true })).toMatchObject({ code: 0 })
    expect(await rootNames(mirror)).toHaveLength(count - gone)
  })
})

describe('an upstream that lies for one run removes nothing', () => {
  const page = (type: string, text: string) => (): Reaction => answerWith(200, { 'content-type': type }, text)
  const LIES: readonly [string, (request: HookedRequest) => Reaction][] = [
    ['a sign-in page', page('text/html', '<!DOCTYPE html><html><body><a href="/login">Sign in</a></body></html>')],
    ['an HTML page without links', page('text/html', '<!DOCTYPE html><html><body></body></html>')],
    ['{}', page('application/json', '{}')],
    ['{} as PEP 691', page('application/vnd.pypi.simple.v1+json', '{}')],
    [
      'an empty list',
      page('application/vnd.pypi.simple.v1+json', '{"meta":{"_last-serial":1,"api-version":"1.1"},"projects":[]}'),
    ],
    ['nothing', page('text/plain', '')],
    ['404', () => answerWith(404, {})],
    [
      '{} for projects alone',
      ({ path }) =>
        /^\/(?:simple|pypi)\/./.test(path) ? answerWith(200, { 'content-type': 'application/json' }, '{}') : 'pass',
    ],
    ['404 for projects alone', without(/^\/(?:simple|pypi)\/./)],
    [
      'HTML for projects alone',
      ({ path }) =>
        /^\/(?:simple|pypi)\/./.test(path)
          ? answerWith(200, { 'content-type': 'text/html' }, '<html><body></body></html>')
          : 'pass',
    ],
  ]

  it.each(LIES)('%s, with --force-check, without, and verify', async (_, react) => {
    const { index, upstream, odd } = await oddIndex(numbered(4), react)
    const mirror = createMirror(upstream.url, 'json = true\nremoved-projects = delete\nglobal-timeout = 2\n')
    await mirror.mirror()
    const before = await servedBy(mirror)
    odd.on = true
    for (const name of numbered(4)) index.yank(name, '1.0')
    const kept = async (what: string): Promise<void> =>
      expect(Object.keys(await servedBy(mirror)), what).toEqual(Object.keys(before))
    for (const forceCheck of [false, true]) {
      const { code } = await mirror.mirror({ forceCheck })
      expect(code).not.toBe(0)
      await kept(`forceCheck ${forceCheck}`)
    }
    await mirror.verify({ jsonUpdate: true, delete: true })
    await kept('verify')
    odd.on = false
    expect(await mirror.mirror({ retryFailed: true })).toMatchObject({ code: 0 })
    expect(await mirror.mirror({ forceCheck: true })).toMatchObject({ code: 0 })
    await expectFresh(mirror, upstream.url, 'json = true\nremoved-projects = delete\n')
  })
})
