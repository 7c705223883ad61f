import { describe, expect, it } from 'vitest'
import { dryRunCommand } from '../../src/commands/dry-run.js'
import { answerWith } from '../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../helpers/index/index.js'
import { createMirror, listedNames, numbered, publish, serveIndex, served, smallIndex } from './support.js'

const LIST = 'application/vnd.pypi.simple.v1+json'
/** A mirror that is made with one request for each project. */
const PAGES_ONLY = 'release-files = false\nsimple-api-version = 1.1\nworkers = 10\n'
const IMPATIENT = 'global-timeout = 0.5\n'

/** In its root index 8.0 gives the serial that a run began with. */
function withoutRoot(directory: string): Record<string, string> {
  return served(directory, /^web\/(?:last-modified|local-stats\/.*|simple\/index[^/]*)$/)
}

describe('a project that upstream deleted', () => {
  it.each(['unlist', 'delete', 'keep'])('with removed-projects = %s', async (policy) => {
    const index = smallIndex(['gone', 'stays'])
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, `json = true\nremoved-projects = ${policy}\n`)
    await mirror.run()
    const before = served(mirror.directory)
    index.deleteProject('gone')
    const { code, log } = await mirror.run()
    expect(code).toBe(0)
    const left = Object.keys(served(mirror.directory))
    const ofGone = (path: string): boolean => /[/_]gone\b|\/gone-/.test(path)
    const release = (path: string): boolean => path.startsWith('web/packages/')
    expect(left.filter((path) => ofGone(path) && !release(path)).length).toBe(policy === 'keep' ? 5 : 0)
    expect(left.filter((path) => ofGone(path) && release(path)).length).toBe(policy === 'delete' ? 0 : 2)
    expect(left.filter((path) => !ofGone(path))).toEqual(Object.keys(before).filter((path) => !ofGone(path)))
    expect(listedNames(mirror)).toEqual(policy === 'keep' ? ['gone', 'stays'] : ['stays'])
    if (policy !== 'keep') expect(log).toMatch(/Removed gone\b.*(?:deleted or in quarantine|no longer lists it)/)
    upstream.reset()
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(upstream.count(/./)).toBe(1)
  })

  it('comes back with its files, which are not fetched again', async () => {
    const index = smallIndex(['stays', 'suspect'])
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url)
    await mirror.run()
    const before = served(mirror.directory)
    index.quarantine('suspect')
    await mirror.run()
    expect(listedNames(mirror)).toEqual(['stays'])
    index.unquarantine('suspect')
    upstream.reset()
    await mirror.run()
    expect(upstream.count(/packages/)).toBe(0)
    expect(Object.keys(served(mirror.directory))).toEqual(Object.keys(before))
  })
})

describe('guards', () => {
  it('let fifty projects go at once, and no more', async () => {
    const names = numbered(120)
    const index = smallIndex(names)
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, PAGES_ONLY)
    await mirror.run()
    for (const name of names.slice(0, 50)) index.deleteProject(name)
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(listedNames(mirror)).toEqual(names.slice(50))

    for (const name of names.slice(50, 101)) index.deleteProject(name)
    publish(index, { name: 'new', version: '1.0' })
    for (let run = 0; run < 2; run += 1) {
      const { code, log } = await mirror.run()
      expect(code).toBe(1)
      expect(log).toMatch(
        /51 of 7[01] mirrored projects would go, more than the 35 that removal-limit allows: nothing is removed/,
      )
      // everything else is done
      expect(listedNames(mirror)).toEqual(['new', ...names.slice(50)])
    }
    const { code, log } = await mirror.run({ allowRemovals: true })
    expect(code, log).toBe(0)
    expect(listedNames(mirror)).toEqual(['new', ...names.slice(101)])
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(mirror.read('status')).toBe(String(index.serial))
  })

  it('let go what removal-limit says', async () => {
    const names = numbered(60)
    const index = smallIndex(names)
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, `${PAGES_ONLY}removal-limit = 90\napi-method = simple\n`)
    await mirror.run()
    for (const name of names.slice(0, 55)) index.deleteProject(name)
    expect(await mirror.run()).toMatchObject({ code: 1 })
    for (const name of names.slice(0, 1)) publish(index, { name, version: '1.0' })
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(listedNames(mirror)).toEqual(['project-000', ...names.slice(55)])
  })

  it('do not believe that all projects are gone because each is answered with 404', async () => {
    const names = numbered(60)
    const index = smallIndex(names)
    let lost = false
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (lost && /^\/(simple|pypi)\/./.test(path) ? answerWith(404, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url, PAGES_ONLY)
    await mirror.run()
    const before = withoutRoot(mirror.directory)
    lost = true
    expect(await mirror.run({ forceCheck: true })).toMatchObject({ code: 1 })
    expect(await mirror.run()).toMatchObject({ code: 1 })
    lost = false
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(withoutRoot(mirror.directory)).toEqual(before)
    expect(listedNames(mirror)).toEqual(names)
    expect(mirror.read('status')).toBe(String(index.serial))
  })

  it('do not believe a list that lost more than one percent and a hundred names, however few are mirrored', async () => {
    const names = numbered(300)
    const index = smallIndex(names)
    let short = 0
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) =>
        short > 0 && path === '/simple/' ? listOf(names.slice(short), index.serial + 1) : 'pass',
    })
    const mirror = createMirror(
      upstream.url,
      'api-method = simple\n[plugins]\nenabled = allowlist_project\n[allowlist]\npackages = project-000\n  project-299\n',
    )
    await mirror.run()
    short = 101
    for (let run = 0; run < 2; run += 1) {
      const { code, log } = await mirror.run()
      expect(code).toBe(1)
      expect(log).toMatch(/upstream lists 199 projects, 101 fewer than last time: nothing is removed/)
      expect(listedNames(mirror)).toEqual(['project-000', 'project-299'])
    }
    short = 100
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(listedNames(mirror)).toEqual(['project-299'])
  })
})

function listOf(names: readonly string[], serial: number): Reaction {
  const projects = names.map((name) => ({ name, '_last-serial': 1 }))
  return answerWith(200, { 'content-type': LIST }, JSON.stringify({ meta: { '_last-serial': serial }, projects }))
}

describe('a list of projects that cannot be right', () => {
  const halved = (): Reaction => listOf(numbered(110), 99_999_999)
  const cut = ({ usual }: HookedRequest): Reaction => {
    const { body } = usual()
    return answerWith(
      200,
      { 'content-type': LIST, 'content-encoding': 'gzip' },
      body.read(0, Math.floor(body.size / 2)),
    )
  }
  it.each<[string, number, (request: HookedRequest) => Reaction]>([
    ['half of it', 1, halved],
    ['half of it, from a backup', 1, () => listOf(numbered(110), 5)],
    ['an empty one', 7, () => listOf([], 99_999_999)],
    ['no text at all', 7, () => answerWith(200, { 'content-type': LIST })],
    ['broken compression', 7, cut],
    [
      'truncated JSON',
      7,
      () =>
        answerWith(
          200,
          { 'content-type': LIST },
          '{"meta": {"_last-serial": 99999999}, "projects": [{"name": "project-000", "_last-serial": 1}, {"na',
        ),
    ],
    ['JSON that ends too early', 7, ({ usual }) => ({ ...usual(), cutAfter: 100 })],
    ['no projects', 7, () => answerWith(200, { 'content-type': LIST }, '{"meta": {}}')],
    [
      'serials that are texts',
      7,
      () => answerWith(200, { 'content-type': LIST }, '{"projects": [{"name": "project-000", "_last-serial": "1"}]}'),
    ],
    [
      'a page to sign in',
      7,
      () =>
        answerWith(
          200,
          { 'content-type': 'text/html' },
          '<html><title>Sign in</title><a href="/login">Sign in</a></html>',
        ),
    ],
    [
      'a page that could be a list',
      7,
      () => answerWith(200, { 'content-type': 'text/html' }, '<a href="/simple/login/">Login</a>'),
    ],
    ['an error', 7, () => answerWith(500, {})],
  ])('removes nothing and is no success: %s', async (_, wanted, answer) => {
    const names = numbered(220)
    const index = smallIndex(['small'])
    let good: Reaction = listOf([...names, 'small'], index.serial)
    const upstream = await serveIndex(index, {
      onRequest: (request) => (request.path !== '/simple/' ? 'pass' : good !== 'pass' ? good : answer(request)),
    })
    const mirror = createMirror(
      upstream.url,
      `${PAGES_ONLY}${IMPATIENT}api-method = simple\n[plugins]\nenabled = allowlist_project\n[allowlist]\npackages = small\n`,
    )
    expect(await mirror.run()).toMatchObject({ code: 0 })
    const before = withoutRoot(mirror.directory)
    good = 'pass'
    publish(index, { name: 'other', version: '1.0' })
    const { code, log } = await mirror.run()
    expect(code, log).toBe(wanted)
    expect(withoutRoot(mirror.directory)).toEqual(before)
    expect(listedNames(mirror)).toEqual(['small'])
  })
})

describe('an older copy of the list', () => {
  it('that lacks very much meets the guard, and mirror --dry-run says so before', async () => {
    const names = numbered(60)
    const index = smallIndex(names)
    let copy: Reaction = 'pass'
    const upstream = await serveIndex(index, { onRequest: ({ path }) => (path === '/simple/' ? copy : 'pass') })
    const mirror = createMirror(upstream.url, `${PAGES_ONLY}reconcile-interval = 0\n`)
    await mirror.run()
    copy = listOf(names.slice(51), index.serial)
    publish(index, { name: 'new', version: '1.0' })
    let printed = ''
    const setting = { ...mirror.setting, print: (text: string) => void (printed += text) }
    const plan = { forceCheck: false, allowRemovals: false, retryFailed: false, quick: true, json: true, explain: [] }
    expect(await dryRunCommand(setting, plan)).toBe(1)
    const guard = /51 of \d+ mirrored projects would go/
    expect(JSON.parse(printed)).toMatchObject({ removals: [], refusal: expect.stringMatching(guard) as string })
    const { code, log } = await mirror.run()
    expect(code, log).toBe(1)
    expect(log).toMatch(guard)
    expect(listedNames(mirror)).toEqual(['new', ...names])
  })

  it('does not remove what came after it, and is not taken for the daily comparison', async () => {
    const index = smallIndex(['old'])
    let copy: Reaction = 'pass'
    const upstream = await serveIndex(index, { onRequest: ({ path }) => (path === '/simple/' ? copy : 'pass') })
    const mirror = createMirror(upstream.url, 'reconcile-interval = 0\n')
    await mirror.run()
    copy = listOf(['old'], index.serial)
    publish(index, { name: 'new', version: '1.0' })
    for (let run = 0; run < 2; run += 1) {
      const { code, log } = await mirror.run()
      expect(code).toBe(0)
      expect(log).toMatch(/older copy/)
      expect(log).not.toMatch(/backup/)
      expect(listedNames(mirror)).toEqual(['new', 'old'])
    }
    expect(mirror.read('status')).toBe(String(index.serial))
    copy = 'pass'
    index.deleteProject('old')
    await mirror.run()
    expect(listedNames(mirror)).toEqual(['new'])
  })
})
