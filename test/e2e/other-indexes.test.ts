import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deleteCommand } from '../../src/commands/delete.js'
import { verifyCommand } from '../../src/commands/verify.js'
import { answer } from '../helpers/index/answer.js'
import { answerWith, FIXTURE_APP, fixtureIndex } from '../helpers/index/index.js'
import type { HookedRequest, PackageIndex, Reaction } from '../helpers/index/index.js'
import { importInstalled, pipInstall } from '../helpers/index/pip.js'
import { startOwn } from '../serve/servers.js'
import { createMirror, listedNames, pageFiles, publish, serveIndex, served, smallIndex } from './support.js'
import type { TestMirror, Upstream } from './support.js'

const PYTHON = process.env['PYTHON'] ?? 'python3'

interface Kind {
  /** path of the index on its host */
  readonly at: string
  /** where its release files are, instead of /packages */
  readonly files: string
  readonly html: boolean
}

/** An index that is no PyPI: pages without serials, no JSON API, no XML-RPC. */
function foreign(index: PackageIndex, kind: Kind): (request: HookedRequest) => Reaction {
  return (request) => {
    const { method, path, base, headers } = request
    const nothing = answerWith(404, { 'content-type': 'text/html' }, '<h1>404</h1>')
    if (method !== 'GET') return nothing
    if (path.startsWith(`${kind.files}/`))
      return answer(index, { ...request, path: path.replace(kind.files, '/packages') })
    if (!path.startsWith(`${kind.at}/simple/`)) return nothing
    const accept = kind.html ? 'text/html' : headers.accept
    const page = answer(index, {
      ...request,
      path: path.slice(kind.at.length),
      headers: accept === undefined ? {} : { accept },
    })
    if (page.status !== 200) return page
    const text = page.body
      .read(0, page.body.size)
      .toString()
      .replaceAll(`${base}/packages/`, `${base}${kind.files}/`)
      .replaceAll('href="/simple/', `href="${kind.at}/simple/`)
      .replace(/<!--SERIAL.*?-->|"_last-serial": ?\d+,?/g, '')
    return answerWith(200, { 'content-type': page.headers['content-type'] ?? '', etag: '"always the same"' }, text)
  }
}

async function serveForeign(index: PackageIndex, kind: Kind): Promise<Upstream & { readonly master: string }> {
  const upstream = await serveIndex(index, { onRequest: foreign(index, kind) })
  return Object.assign(upstream, { master: `${upstream.url}${kind.at}` })
}

const KINDS: readonly (readonly [string, Kind])[] = [
  ['PEP 691 pages', { at: '', files: '/packages', html: false }],
  ['PEP 503 pages and an HTML list', { at: '', files: '/packages', html: true }],
  ['files elsewhere, as devpi has them', { at: '/root/pypi', files: '/root/pypi/+f', html: false }],
  [
    'files elsewhere and HTML',
    { at: '/artifactory/api/pypi/all', files: '/artifactory/api/pypi/all/packages/packages', html: true },
  ],
]

/** The JSON page of a project, as far as every kind of index can tell it. */
function page(mirror: TestMirror, name: string): unknown {
  const { files, versions } = JSON.parse(mirror.read(`web/simple/${name}/index.v1_json`) ?? '{}') as {
    files: Record<string, unknown>[]
    versions: string[]
  }
  return {
    versions,
    files: files.map((file) => [
      file['filename'],
      file['hashes'],
      file['requires-python'],
      file['yanked'],
      file['core-metadata'] ?? false,
    ]),
  }
}

describe.each(KINDS)('an index with %s', (_, kind) => {
  it('is mirrored like PyPI', async () => {
    const index = fixtureIndex()
    const pypi = await serveIndex(index)
    const wanted = createMirror(pypi.url)
    await wanted.run()
    const upstream = await serveForeign(index, kind)
    const mirror = createMirror(upstream.master, 'removed-projects = delete\n')
    const ran = await mirror.run()
    expect(ran, ran.log).toMatchObject({ code: 0 })
    expect(ran.log).toMatch(/no JSON API/)
    // an empty project is nothing upstream takes back here
    expect(listedNames(mirror).filter((name) => name !== 'demo-empty')).toEqual(listedNames(wanted))
    for (const name of listedNames(wanted)) expect(page(mirror, name), name).toEqual(page(wanted, name))
    expect(mirror.read('web/simple/index.v1_json')).not.toMatch(/"_last-serial": (?!0, "api-version")/)
    const files = (from: TestMirror): string[] =>
      Object.entries(served(from.directory))
        .filter(([path]) => path.startsWith('web/packages/'))
        .map(([path, digest]) => path.replace(/.*\//, '') + digest)
        .sort()
    expect(files(mirror)).toEqual(files(wanted))

    // Without serials nothing but the pages tells what changed.
    publish(index, { name: 'demo-core', version: '3.0' })
    publish(index, { name: 'demo-new', version: '1.0' })
    index.deleteProject('demo-native')
    upstream.asked()
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(pageFiles(mirror, 'demo-core')).toContain('demo_core-3.0-py3-none-any.whl')
    expect(listedNames(mirror)).toContain('demo-new')
    expect(listedNames(mirror)).not.toContain('demo-native')
    expect(
      upstream.asked().filter((request) => request.includes(kind.files === '/packages' ? '/packages/' : kind.files)),
    ).toHaveLength(4)
    const fresh = createMirror(upstream.master, 'removed-projects = delete\nmetadata = simple\n')
    expect(await fresh.run()).toMatchObject({ code: 0 })
    expect(served(mirror.directory)).toEqual(served(fresh.directory))
  })
})

it('pip installs from the mirror of an index with HTML pages alone', async () => {
  const upstream = await serveForeign(fixtureIndex(), { at: '/root/pypi', files: '/root/pypi/+f', html: true })
  const mirror = createMirror(upstream.master, 'metadata = simple\n')
  expect(await mirror.run()).toMatchObject({ code: 0 })
  const server = await startOwn(mirror)
  onTestFinished(() => server.close())
  const wanted = {
    python: PYTHON,
    indexUrl: `${server.url}/simple`,
    target: join(mirror.directory, '..', 'site'),
    packages: [FIXTURE_APP],
  }
  const { code, output } = await pipInstall(wanted)
  expect(code, output).toBe(0)
  expect((await importInstalled(wanted)).output).toContain('demo-app 1.1 imported from')
})

it('a mirror of such an index can be mirrored, too', async () => {
  const upstream = await serveForeign(smallIndex(['alpha', 'beta']), { at: '', files: '/files', html: false })
  const first = createMirror(upstream.master)
  await first.run()
  const server = await startOwn(first)
  onTestFinished(() => server.close())
  const second = createMirror(server.url)
  for (let run = 0; run < 2; run += 1) {
    expect(await second.run()).toMatchObject({ code: 0 })
    expect(served(second.directory)).toEqual(served(first.directory))
  }
})

describe('filters', () => {
  const FILTER =
    '[plugins]\nenabled = regex_project_metadata\n  latest_release\n[latest_release]\nkeep = 1\n[regex_project_metadata]\nany:info.classifiers = .*\n'

  it.each(['simple', 'auto'])('that need what pages do not tell refuse, with metadata = %s', async (metadata) => {
    const upstream = await serveForeign(smallIndex(['alpha']), { at: '', files: '/packages', html: false })
    const mirror = createMirror(upstream.master, `metadata = ${metadata}\n${FILTER}`)
    const { code, log } = await mirror.run()
    expect(code).toBe(2)
    expect(log).toMatch(/regex_project_metadata cannot work/)
    expect(log).not.toMatch(/latest_release.* cannot work/)
    expect(existsSync(join(mirror.directory, 'web', 'simple', 'alpha'))).toBe(false)
    expect(upstream.count(/packages/)).toBe(0)
  })

  it('that go by names, versions and filenames work', async () => {
    const index = smallIndex(['alpha'])
    publish(index, { name: 'alpha', version: '2.0' }, ['wheel', 'sdist'])
    publish(index, { name: 'alpha', version: '10.0rc1' })
    const upstream = await serveForeign(index, { at: '', files: '/packages', html: true })
    const mirror = createMirror(
      upstream.master,
      'metadata = simple\n[plugins]\nenabled = latest_release\n  exclude_platform\n[latest_release]\nkeep = 1\n[blocklist]\nplatforms = windows\n',
    )
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(pageFiles(mirror, 'alpha')).toEqual(['alpha-2.0-py3-none-any.whl', 'alpha-2.0.tar.gz'])
  })
})

/** Everything of `verify` off. */
const VERIFY = { delete: false, dryRun: false, jsonUpdate: false, restart: true, yes: false, workers: 0 }

describe('verify and delete know how upstream answers', () => {
  it('an index without a JSON API: files are repaired by its pages', async () => {
    const upstream = await serveForeign(smallIndex(['alpha', 'beta']), { at: '', files: '/packages', html: false })
    const mirror = createMirror(upstream.master)
    await mirror.run()
    const before = served(mirror.directory)
    const file = Object.keys(before).find((key) => /\/alpha-1\.0-py3-none-any\.whl$/.test(key)) ?? ''
    rmSync(join(mirror.directory, file))
    expect(await verifyCommand(mirror.setting, VERIFY)).toBe(0)
    expect(served(mirror.directory)).toEqual(before)
    expect(await deleteCommand(mirror.setting, ['alpha'], { dryRun: false })).toBe(0)
    expect(Object.keys(served(mirror.directory)).filter((key) => key.includes('alpha'))).toEqual([])
  })

  it('an index with one: its 404 for a project that has a page is a fault, and no file is fetched by it', async () => {
    let lying = false
    const upstream = await serveIndex(smallIndex(['alpha', 'beta']), {
      onRequest: ({ path }) => (lying && path === '/pypi/alpha/json' ? answerWith(404, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url, 'global-timeout = 0.5\n')
    await mirror.run()
    const file = Object.keys(served(mirror.directory)).find((key) => /\/alpha-1\.0-py3-none-any\.whl$/.test(key)) ?? ''
    rmSync(join(mirror.directory, file))
    lying = true
    upstream.reset()
    expect(await verifyCommand(mirror.setting, VERIFY)).toBe(1)
    expect(upstream.count(/^GET \/packages/)).toBe(0)
    expect(existsSync(join(mirror.directory, file))).toBe(false)
    lying = false
    expect(await verifyCommand(mirror.setting, VERIFY)).toBe(0)
    expect(existsSync(join(mirror.directory, file))).toBe(true)
  })
})

describe('the JSON API', () => {
  it('is not given up because of one project', async () => {
    let lying = true
    const upstream = await serveIndex(smallIndex(['alpha', 'beta', 'gamma']), {
      onRequest: ({ path }) => (lying && path === '/pypi/alpha/json' ? answerWith(404, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url, 'json = true\nmax-requests = 1\nglobal-timeout = 0.5\n')
    const { code, log } = await mirror.run()
    expect(code).toBe(1)
    expect(log).toMatch(/alpha: the JSON API answers 404, but its page lists 1 file/)
    expect(listedNames(mirror)).toEqual(['beta', 'gamma'])
    expect(mirror.read('web/json/beta')).toBeDefined()
    lying = false
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(mirror.read('web/json/alpha')).toBeDefined()
  })

  it('is missed by one project only although the run before knew it', async () => {
    const index = smallIndex(['alpha', 'beta'])
    let lying = false
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (lying && path === '/pypi/alpha/json' ? answerWith(404, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url, 'json = true\nglobal-timeout = 0.5\n')
    await mirror.run()
    lying = true
    publish(index, { name: 'alpha', version: '2.0' })
    expect(await mirror.run()).toMatchObject({ code: 1 })
    expect(pageFiles(mirror, 'alpha')).toHaveLength(1)
  })
})
