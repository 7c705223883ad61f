import { expect, it } from 'vitest'
import { createPackageIndex } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { createMirror, listedNames, numbered, pageFiles, publish, serveIndex, served, smallIndex } from './support.js'

const requests = (asked: readonly string[]): string[] =>
  asked.map((request) => request.replace(/\/packages\/.*\//, '/packages/…/'))
const QUIET = 'RPC changelog_last_serial'
const QUESTIONS = ['GET /simple/', QUIET]

it('an allowlist: a name more mirrors that project, a name less unlists it, and nothing else is asked for', async () => {
  const names = ['alpha', 'beta', 'gamma', 'delta']
  const upstream = await serveIndex(smallIndex(names))
  const mirror = createMirror(
    upstream.url,
    'json = true\n[plugins]\nenabled = allowlist_project\n[allowlist]\npackages =\n  alpha\n  beta\n',
  )
  expect(await mirror.run()).toMatchObject({ code: 0 })
  const before = served(mirror.directory)
  expect(listedNames(mirror)).toEqual(['alpha', 'beta'])
  upstream.asked()

  mirror.edit('  beta\n', '  beta\n  Gamma\n')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(requests(upstream.asked())).toEqual([
    'GET /packages/…/gamma-1.0-py3-none-any.whl',
    'GET /packages/…/gamma-1.0-py3-none-any.whl.metadata',
    'GET /pypi/gamma/json',
    'GET /simple/',
    'GET /simple/gamma/',
    'RPC changelog_last_serial',
  ])
  expect(listedNames(mirror)).toEqual(['alpha', 'beta', 'gamma'])

  mirror.edit('  Gamma\n', '')
  const { code, log } = await mirror.run()
  expect(code).toBe(0)
  expect(log).toMatch(/Removed gamma\b.*filters no longer want it/)
  expect(upstream.asked()).toEqual(QUESTIONS)
  const after = served(mirror.directory)
  expect(Object.keys(after).filter((path) => !(path in before))).toEqual([
    expect.stringMatching(/gamma-1.0-py3-none-any.whl$/),
    expect.stringMatching(/gamma-1.0-py3-none-any.whl.metadata$/),
  ])
  expect(after).toMatchObject(before)

  // nothing edited: nothing compared
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
})

function releases(): PackageIndex {
  const index = createPackageIndex()
  for (const version of ['1.0', '2.0', '3.0', '4.0b1']) publish(index, { name: 'Many', version }, ['wheel', 'sdist'])
  publish(index, { name: 'few', version: '1.0' })
  return index
}

it.each(['true', 'false'])('latest_release, tighter and looser again, with json = %s', async (json) => {
  const upstream = await serveIndex(releases())
  const options = (keep: number): string =>
    `json = ${json}\nremoved-projects = delete\n[plugins]\nenabled = latest_release\n[latest_release]\nkeep = ${keep}\n`
  const mirror = createMirror(upstream.url, options(3))
  const fresh = async (keep: number): Promise<Record<string, string>> => {
    const made = createMirror(upstream.url, options(keep))
    await made.run()
    return served(made.directory)
  }
  await mirror.run()
  const three = await fresh(3)
  const one = await fresh(1)
  expect(pageFiles(mirror, 'many')).toHaveLength(6)
  upstream.asked()

  mirror.edit('keep = 3', 'keep = 1')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  const documents = ['few', 'many'].map((name) => `GET /pypi/${name}/json`)
  const pages = ['few', 'many'].map((name) => `GET /simple/${name}/`)
  // stored documents are filtered again; without them upstream is asked for each project
  expect(upstream.asked()).toEqual(json === 'true' ? [QUIET] : [QUIET, ...documents, ...pages].sort())
  expect(pageFiles(mirror, 'many')).toEqual(['many-3.0-py3-none-any.whl', 'many-3.0.tar.gz'])
  expect(served(mirror.directory)).toEqual(one)

  mirror.edit('keep = 1', 'keep = 3')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  const asked = upstream.asked()
  expect(asked.filter((request) => request.startsWith('GET /packages/'))).toHaveLength(6)
  expect(asked.filter((request) => !request.startsWith('GET /packages/'))).toEqual(
    // what only the page says of the files that come back
    json === 'true' ? ['GET /simple/many/', QUIET] : [QUIET, ...documents, ...pages].sort(),
  )
  expect(served(mirror.directory)).toEqual(three)
})

it.each(['HTML', 'JSON'])('goes by the pages that the mirror has of simple-format = %s', async (format) => {
  const upstream = await serveIndex(releases())
  const options = `json = true\nsimple-format = ${format}\nremoved-projects = delete\n`
  const mirror = createMirror(
    upstream.url,
    `${options}[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = other\n`,
  )
  await mirror.run()
  upstream.asked()
  mirror.edit('packages = other', 'packages = many<3')
  await mirror.run()
  expect(upstream.asked()).toEqual([QUIET])
  const fresh = createMirror(
    upstream.url,
    `${options}[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = many<3\n`,
  )
  await fresh.run()
  expect(served(mirror.directory)).toEqual(served(fresh.directory))
})

it('metadata filters decide again about what they dropped', async () => {
  const index = createPackageIndex()
  publish(index, { name: 'tagged', version: '1.0', classifiers: ['Topic :: Yes'] })
  publish(index, { name: 'plain', version: '1.0', classifiers: ['Topic :: Other'] })
  const upstream = await serveIndex(index)
  const mirror = createMirror(
    upstream.url,
    'json = true\n[plugins]\nenabled = regex_project_metadata\n[regex_project_metadata]\nany:info.classifiers =\n  .*Topic :: Yes.*\n',
  )
  await mirror.run()
  expect(listedNames(mirror)).toEqual(['tagged'])
  // what they dropped is not asked for again in every run
  publish(index, { name: 'new', version: '1.0', classifiers: ['Topic :: Other'] })
  upstream.asked()
  await mirror.run()
  expect(upstream.asked().filter((request) => request.includes('plain'))).toEqual([])
  mirror.edit('Topic :: Yes', '')
  await mirror.run()
  expect(listedNames(mirror)).toEqual(['new', 'plain', 'tagged'])
  mirror.edit('  .*.*', '  .*Topic :: No.*')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(listedNames(mirror)).toEqual([])
})

it('an edit between a run that was cut short and the next one counts', async () => {
  const upstream = await serveIndex(smallIndex(['alpha', 'beta', 'broken']), {
    onRequest: ({ path, usual }) =>
      path === '/pypi/broken/json' ? { ...usual(), headers: { 'x-pypi-last-serial': '1' } } : 'pass',
  })
  const mirror = createMirror(
    upstream.url,
    'global-timeout = 0.5\nstop-on-error = true\n[plugins]\nenabled = allowlist_project\n[allowlist]\npackages =\n  alpha\n  broken\n',
  )
  expect(await mirror.run()).toMatchObject({ code: 1 })
  expect(mirror.read('status')).toBeUndefined()
  mirror.edit('  broken\n', '  beta\n')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(listedNames(mirror)).toEqual(['alpha', 'beta'])
})

it('an edit that would unlist very much meets the guard, then waits for --allow-removals', async () => {
  const names = numbered(60)
  const upstream = await serveIndex(smallIndex(names))
  const mirror = createMirror(
    upstream.url,
    'release-files = false\nsimple-api-version = 1.1\n[plugins]\nenabled = regex_project\n[filter_regex]\npackages = nothing\n',
  )
  await mirror.run()
  mirror.edit('packages = nothing', 'packages = project-0[0-4]')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(listedNames(mirror)).toHaveLength(10)
  mirror.edit('packages = project-0[0-4]', 'packages = nothing')
  await mirror.run()
  mirror.edit('packages = nothing', 'packages = project-')
  expect(await mirror.run()).toMatchObject({ code: 1 })
  expect(await mirror.run()).toMatchObject({ code: 1 })
  expect(listedNames(mirror)).toHaveLength(60)
  expect(await mirror.run({ allowRemovals: true })).toMatchObject({ code: 0 })
  expect(listedNames(mirror)).toEqual([])
  expect(await mirror.run()).toMatchObject({ code: 0 })
})
