import { expect, it } from 'vitest'
import { answerWith } from '../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../helpers/index/index.js'
import { createMirror, listedNames, pageFiles, publish, served, serveIndex, smallIndex } from './support.js'

/** What makes a project fail, run after run, without the pauses that a busy server would be given. */
const BROKEN: readonly [string, number, (request: HookedRequest) => Reaction][] = [
  [
    'metadata without releases',
    10,
    () => answerWith(200, { 'x-pypi-last-serial': '99999999' }, '{"info": {"name": "bad"}}'),
  ],
  ['metadata of another project', 2, () => answerWith(200, {}, '{"info": {"name": "other"}}')],
  ['metadata that is older than announced', 2, ({ usual }) => ({ ...usual(), headers: { 'x-pypi-last-serial': '1' } })],
]

it.each(BROKEN)('a project with %s does not hold up the others in %i runs, and heals', async (_, runs, answer) => {
  const index = smallIndex(['bad', 'good', 'other'])
  let broken = true
  const upstream = await serveIndex(index, {
    onRequest: (request) => (broken && request.path === '/pypi/bad/json' ? answer(request) : 'pass'),
  })
  // Patience is for upstream/retry.ts to test.
  const mirror = createMirror(upstream.url, 'json = true\nremoved-projects = delete\nglobal-timeout = 0.5\n')
  const withoutBad = (files: Record<string, string>): string[] =>
    Object.keys(files).filter((path) => !/[/_]bad\b/.test(path) && !/^web\/simple\/index/.test(path))

  for (let run = 1; run <= runs; run += 1) {
    publish(index, { name: 'good', version: `1.${run}` })
    if (run === 3) publish(index, { name: 'late', version: '1.0' })
    if (run === 5) index.deleteProject('other')
    if (run === 7) publish(index, { name: 'bad', version: '2.0' })
    const { code, log } = await mirror.run({ retryFailed: true })
    expect(code, log).toBe(1)
    expect(listedNames(mirror)).toEqual(['good', ...(run < 3 ? [] : ['late']), ...(run < 5 ? ['other'] : [])])
    expect(pageFiles(mirror, 'good')).toContain(`good-1.${run}-py3-none-any.whl`)
    // bandersnatch 8.0 goes on from here: int() of the first line, then name and int() split at white space
    const [target, ...owed] = (mirror.read('todo') ?? '').split('\n')
    expect(target).toBe(String(index.serial))
    expect(owed).toEqual([expect.stringMatching(/^bad \d+$/)])
    if (run > 1) expect(log).toMatch(new RegExp(`bad: .*since \\d{4}-\\d\\d-\\d\\d.*${run} runs`))
  }
  const fresh = createMirror(upstream.url, 'json = true\nglobal-timeout = 0.5\n')
  await fresh.run()
  const held = served(mirror.directory)
  for (const path of withoutBad(served(fresh.directory))) expect(held[path]?.length, path).toBeGreaterThan(0)

  broken = false
  expect(await mirror.run({ retryFailed: true })).toMatchObject({ code: 0 })
  await fresh.run()
  expect(served(mirror.directory)).toEqual(served(fresh.directory))
  expect(mirror.read('todo')).toBeUndefined()
  expect(mirror.read('status')).toBe(String(index.serial))
  expect(mirror.read('.bandersnatch/failures.json')).toBeUndefined()
  expect((await mirror.run()).log).not.toMatch(/\bbad\b/)
})

it('takes a 404 of a listed project for an answer', async () => {
  const index = smallIndex(['good'])
  index.create('empty')
  const upstream = await serveIndex(index, {
    onRequest: ({ path }) => (/\/ghost\//.test(path) ? answerWith(404, {}) : 'pass'),
  })
  publish(index, { name: 'ghost', version: '1.0' })
  const mirror = createMirror(upstream.url)
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(listedNames(mirror)).toEqual(['good'])
  upstream.reset()
  expect(await mirror.run({ forceCheck: true })).toMatchObject({ code: 0 })
  // Its document and its page, once and then once more.
  expect(upstream.count(/ghost/)).toBe(4)
})

it('does not let one project fill the log with what is refused of it', async () => {
  const index = smallIndex(['good', 'odd'])
  const files = Array.from({ length: 5000 }, () => ({
    filename: '../x',
    url: 'https://host/x',
    digests: { sha256: 'x' },
  }))
  const document = JSON.stringify({ info: { name: 'odd' }, last_serial: 99_999_999, releases: { '1.0': files } })
  const upstream = await serveIndex(index, {
    onRequest: ({ path }) => (path === '/pypi/odd/json' ? answerWith(200, {}, document) : 'pass'),
  })
  const mirror = createMirror(upstream.url, 'simple-api-version = 1.1\n')
  const { log } = await mirror.run()
  expect(log.match(/WARNING: odd: refusing a release file/g)).toHaveLength(20)
  expect(log).toMatch(/odd: refusing 4,980 more release files/)
  expect(listedNames(mirror)).toEqual(['good'])
})

it('believes a 404 of a listed project only when it is said twice', async () => {
  const index = smallIndex(['good', 'ghost'])
  const lies = new Set(['/pypi/ghost/json', '/simple/ghost/'])
  const upstream = await serveIndex(index, {
    onRequest: ({ path }) => (lies.delete(path) ? answerWith(404, {}) : 'pass'),
  })
  const mirror = createMirror(upstream.url)
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(lies.size).toBe(0)
  expect(listedNames(mirror)).toEqual(['ghost', 'good'])
  publish(index, { name: 'ghost', version: '2.0' })
  for (const path of ['/pypi/ghost/json', '/simple/ghost/']) lies.add(path)
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(pageFiles(mirror, 'ghost')).toHaveLength(2)
})

it('forgets a failure that upstream withdrew, and one that the filters no longer want', async () => {
  const index = smallIndex(['bad', 'good', 'worse'])
  const upstream = await serveIndex(index, {
    onRequest: ({ path }) =>
      /^\/pypi\/(bad|worse)\//.test(path) && index.projects.has('bad') ? answerWith(200, {}, '{}') : 'pass',
  })
  const mirror = createMirror(
    upstream.url,
    'global-timeout = 0.5\n[plugins]\nenabled = blocklist_project\n[blocklist]\npackages = nothing\n',
  )
  expect(await mirror.run()).toMatchObject({ code: 1 })
  expect(mirror.read('todo')).toMatch(/^\d+\nbad \d+\nworse \d+$/)
  mirror.edit('packages = nothing', 'packages = worse')
  expect(await mirror.run()).toMatchObject({ code: 1 })
  expect(mirror.read('todo')).toMatch(/^\d+\nbad \d+$/)
  index.deleteProject('bad')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(mirror.read('todo')).toBeUndefined()
  expect(listedNames(mirror)).toEqual(['good'])
})

it('does not take a project for gone while only one of two answers says so', async () => {
  const index = smallIndex(['good', 'half'])
  let lying = ''
  const upstream = await serveIndex(index, { onRequest: ({ path }) => (path === lying ? answerWith(404, {}) : 'pass') })
  const mirror = createMirror(upstream.url, 'simple-api-version = 1.1\n')
  await mirror.run()
  publish(index, { name: 'half', version: '2.0' })
  lying = '/pypi/half/json'
  const { code, log } = await mirror.run()
  expect(code).toBe(1)
  expect(log).toMatch(/JSON API answers 404, but its page lists 2 files/)
  expect(listedNames(mirror)).toEqual(['good', 'half'])
  lying = ''
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(pageFiles(mirror, 'half')).toHaveLength(2)
})
