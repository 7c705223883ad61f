import { describe, expect, it } from 'vitest'
import { NOW, serveTestIndex } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import { createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import { closureOf, content, directoryWith, ENVIRONMENTS, mirror, release, served } from './support.js'

const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3600_000)

function twoFiles(index: PackageIndex, version: string): { wheel: string; sdist: string } {
  const given = { name: 'lib', version, requiresDist: ['unlocked'] }
  index.publish('lib', version, [wheel(given), sdist(given)])
  const files = index.projects.get('lib')?.releases.get(version)?.files ?? []
  const [one, two] = files.map((file) => file.digests().sha256)
  return { wheel: one ?? '', sdist: two ?? '' }
}

const uvLock = (files: readonly (readonly [string, string])[], version = '1.0'): string =>
  `version = 1\n[[package]]\nname = "lib"\nversion = "${version}"\nsource = { registry = "https://pypi.org/simple" }\nwheels = [\n${files
    .map(([name, hash]) => `  { url = "https://files.pythonhosted.org/a/${name}", hash = "sha256:${hash}" },\n`)
    .join('')}]\n`

const lockSections = (name: string, environments = ''): string =>
  `[closure]\nlock-files =\n    ${name}\n${environments}`

describe('lock files', () => {
  it('are mirrored exactly: the files that they name, without dependencies, for any environment', async () => {
    const index = createPackageIndex()
    const hashes = twoFiles(index, '1.0')
    twoFiles(index, '2.0')
    release(index, 'unlocked', '1.0')
    const server = await serveTestIndex(index)
    const directory = directoryWith({ 'uv.lock': uvLock([['lib-1.0-py3-none-any.whl', hashes.wheel]]) })
    const options = { url: server.url, sections: lockSections('uv.lock'), directory, place: memoryPlace() }
    const run = await mirror(options)
    expect(served(run)).toEqual({ lib: ['lib-1.0-py3-none-any.whl'] })
    expect(run.report.failures).toEqual([])
    server.reset()
    await mirror({ ...options, now: later(1) })
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
  })

  it('whose digest is not upstream’s are refused, with the file and where it is named', async () => {
    const index = createPackageIndex()
    const hashes = twoFiles(index, '1.0')
    const server = await serveTestIndex(index)
    const text = uvLock([
      ['lib-1.0-py3-none-any.whl', 'a'.repeat(64)],
      ['lib-1.0-cp399-cp399-win_amd64.whl', 'b'.repeat(64)],
    ]).replace(
      ']\n',
      `]\nsdist = { url = "https://files.pythonhosted.org/a/lib-1.0.tar.gz", hash = "sha256:${hashes.sdist}" }\n`,
    )
    const directory = directoryWith({ 'uv.lock': text.replace('wheels = [\n', 'wheels = [\n') })
    const run = await mirror({ url: server.url, sections: lockSections('uv.lock'), directory })
    expect(served(run)).toEqual({ lib: ['lib-1.0.tar.gz'] })
    expect(run.report.failures).toEqual([
      {
        project: 'lib',
        reason: `lib-1.0-py3-none-any.whl: sha256 is ${'a'.repeat(64)} in the lock file and ${hashes.wheel} upstream; uv.lock:2 names it`,
      },
      { project: 'lib', reason: 'lib-1.0-cp399-cp399-win_amd64.whl: upstream has no such file; uv.lock:2 names it' },
    ])
  })

  it('that name what upstream does not have are named, too', async () => {
    const index = createPackageIndex()
    twoFiles(index, '1.0')
    const server = await serveTestIndex(index)
    const pdm = `[metadata]\nlock_version = "4.5.0"\n${['lib', 'nowhere'].map((name) => `[[package]]\nname = "${name}"\nversion = "9.0"\nfiles = [{file = "${name}-9.0.tar.gz", hash = "sha256:${'c'.repeat(64)}"}]\n`).join('')}`
    const directory = directoryWith({ 'pdm.lock': pdm })
    const run = await mirror({ url: server.url, sections: lockSections('pdm.lock'), directory })
    expect(run.report.failures).toEqual([
      { project: 'lib', reason: 'a file: upstream has no lib 9.0; pdm.lock:3 names it' },
      { project: 'nowhere', reason: 'upstream has no such project; pdm.lock:7 names it' },
    ])
  })

  it('of pip pin by hash; what they do not pin is a root', async () => {
    const index = createPackageIndex()
    const hashes = twoFiles(index, '1.0')
    release(index, 'free', '1.0', ['deep'])
    release(index, 'deep', '1.0')
    const server = await serveTestIndex(index)
    const text = `lib==1.0 \\\n    --hash=sha256:${hashes.sdist}\nfree>=1\n--extra-index-url https://x.example\n--pre\n`
    const directory = directoryWith({ 'requirements.txt': text })
    const options = { url: server.url, sections: lockSections('requirements.txt', ENVIRONMENTS), directory }
    const run = await mirror(options)
    expect(served(run)).toEqual({
      deep: ['deep-1.0-py3-none-any.whl'],
      free: ['free-1.0-py3-none-any.whl'],
      lib: ['lib-1.0.tar.gz'],
    })
    expect(run.closure?.setup.warnings).toEqual([
      'requirements.txt: these options are passed over: --extra-index-url https://x.example, --pre',
    ])
  })

  it('are followed when they are edited, as a fresh mirror has it', async () => {
    const index = createPackageIndex()
    const [one, two] = [twoFiles(index, '1.0'), twoFiles(index, '2.0')]
    release(index, 'app', '1.0', ['lib'])
    const server = await serveTestIndex(index)
    const place = memoryPlace()
    const texts = [
      uvLock([['lib-1.0-py3-none-any.whl', one.wheel]]),
      uvLock([['lib-2.0-py3-none-any.whl', two.wheel]], '2.0'),
      uvLock([['lib-1.0-py3-none-any.whl', one.wheel]]),
    ]
    for (const [hours, text] of texts.entries()) {
      const directory = directoryWith({ 'uv.lock': text })
      const options = {
        url: server.url,
        mirror: 'removed-projects = delete',
        sections: lockSections('uv.lock'),
        directory,
      }
      const run = await mirror({ ...options, place, now: later(hours) })
      const fresh = await mirror({ ...options, now: later(hours) })
      expect(content(run)).toEqual(content(fresh))
      expect(served(run)['lib']).toHaveLength(1)
    }
  })

  it('stand beside roots: the mirror has both', async () => {
    const index = createPackageIndex()
    const hashes = twoFiles(index, '1.0')
    release(index, 'lib', '2.0')
    release(index, 'app', '1.0', ['lib>=2'])
    const server = await serveTestIndex(index)
    const directory = directoryWith({ 'uv.lock': uvLock([['lib-1.0-py3-none-any.whl', hashes.wheel]]) })
    const sections = closureOf(['app'], 'lock-files =\n    uv.lock\n')
    expect(served(await mirror({ url: server.url, sections, directory }))).toEqual({
      app: ['app-1.0-py3-none-any.whl'],
      lib: ['lib-1.0-py3-none-any.whl', 'lib-2.0-py3-none-any.whl'],
    })
  })

  it.each([
    ['nowhere.lock', {}, /^nowhere\.lock: there is no such file$/],
    ['uv.lock', { 'uv.lock': 'version = 9\n' }, /^uv\.lock(:1)?: /],
    ['uv.lock', { 'uv.lock': 'version = 1\n[[pack' }, /^uv\.lock:2: /],
  ])('of %s %o are refused', async (name, files, message) => {
    const directory = directoryWith(files)
    const refused = mirror({ sections: lockSections(name), directory })
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ exitCode: 2 })
  })
})

describe('a configuration of [closure]', () => {
  it.each([
    ['[closure]\nroots = allowlist\n', /\[closure\] roots = "?allowlist"?: there are no requirements in \[allowlist\]/],
    [closureOf(['app'], '', ''), /needs an environment in \[environments\]; the command `bandersnatch environments`/],
    [closureOf(['app'], 'versions = -1'), /\[closure\] versions = "?-1"?: must be a whole number, 0 or more/],
    [closureOf(['app ??']), /"app \?\?" is not a requirement/],
    [
      closureOf(['app'], '', '[environments]\nlinux = cp3111 any\n'),
      /"cp3111" is not the tag of a Python 3 interpreter/,
    ],
  ])('is refused: %s', async (sections, message) => {
    await expect(mirror({ sections })).rejects.toThrow(message)
  })

  it('reads requirements files as pip does', async () => {
    const index = createPackageIndex()
    for (const name of ['one', 'two', 'three', 'four']) release(index, name, '1.0')
    release(index, 'two', '2.0')
    const server = await serveTestIndex(index)
    const directory = directoryWith({
      'r.txt':
        '\ufeffone \\\n  >=1  # comment\n-r more.txt\nfour; python_version < "3"\n./local\ngit+https://x.example/y.git\n',
      'more.txt': 'two<2\n-c limits.txt\n',
      'limits.txt': 'three==1\n',
    })
    const sections = `[closure]\nroots = allowlist\n[allowlist]\nrequirements =\n    r.txt\n${ENVIRONMENTS}`
    const run = await mirror({ url: server.url, sections, directory })
    expect(served(run)).toEqual({ one: ['one-1.0-py3-none-any.whl'], two: ['two-1.0-py3-none-any.whl'] })
    expect(run.closure?.setup.warnings).toEqual([
      'r.txt:5: ./local is a local directory, and a mirror cannot have it',
      'r.txt:6: git+https://x.example/y.git is in version control, and a mirror cannot have it',
    ])
  })
})
