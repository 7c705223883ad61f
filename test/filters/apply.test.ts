import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { InvalidDocumentError } from '../../src/errors.js'
import { explain, keepsProject, loadFilters } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import type { Project } from '../../src/model/project.js'
import { directoryOf, enabledIn, filtered, projectOf, projectWith } from './support.js'

async function load(text: string, directory = '/nowhere'): Promise<Filters> {
  const config = parseConfig(text, 'bandersnatch.conf')
  return loadFilters(config, enabledIn(config), { directory })
}

const versions = (project: Project | undefined): string[] | undefined => project?.releases.map(({ version }) => version)

test('a project of which nothing is dropped is given back itself', async () => {
  const project = projectWith('a', ['1.0', '2.0'])
  expect(filtered(await load(''), project)).toBe(project)
  const filters = await load(
    '[plugins]\nenabled =\n prerelease_release\n exclude_platform\n[blocklist]\nplatforms = linux\n',
  )
  expect(filtered(filters, project)).toBe(project)
})

test('releases without files go even without filters, as they do in 8.0', async () => {
  const project = projectOf({ info: { name: 'a' }, releases: { '1.0': [], '2.0': [{ filename: 'a.zip' }] } }, 'a')
  const filters = await load('')
  expect(versions(filtered(filters, project))).toEqual(['2.0'])
  expect(versions(project)).toEqual(['1.0', '2.0'])
  expect(explain(filters, project)).toEqual([{ kind: 'release', version: '1.0', plugin: undefined }])
})

test('files go first, then what is left of releases is counted', async () => {
  const filters = await load(
    '[plugins]\nenabled =\n exclude_platform\n latest_release\n' +
      '[blocklist]\nplatforms = windows\n[latest_release]\nkeep = 1\n',
  )
  const releases = {
    '1.0': [{ filename: 'a-1.0.zip', packagetype: 'sdist' }],
    '1.1': [{ filename: 'a-1.1.zip' }, { filename: 'a-1.1-cp311-cp311-win_amd64.whl' }],
    '2.0': [{ filename: 'a-2.0-cp311-cp311-win_amd64.whl' }],
  }
  const project = projectOf({ info: { name: 'a', version: '1.1' }, releases }, 'a')
  const kept = filtered(filters, project)
  expect(kept?.releases.map((release) => [release.version, release.files.map((file) => file.filename)])).toEqual([
    ['1.1', ['a-1.1.zip']],
  ])
  expect(explain(filters, project)).toEqual([
    { kind: 'file', version: '1.1', filename: 'a-1.1-cp311-cp311-win_amd64.whl', plugin: 'exclude_platform' },
    { kind: 'file', version: '2.0', filename: 'a-2.0-cp311-cp311-win_amd64.whl', plugin: 'exclude_platform' },
    { kind: 'release', version: '2.0', plugin: undefined },
    { kind: 'release', version: '1.0', plugin: 'latest_release' },
  ])
})

test('a file is dropped although another release stays whole', async () => {
  const filters = await load('[plugins]\nenabled = exclude_platform\n[blocklist]\nplatforms = windows\n')
  const releases = {
    '1.0': [{ filename: 'a-1.0.zip' }],
    '2.0': [{ filename: 'a-2.0.zip' }, { filename: 'a-2.0-cp311-cp311-win_amd64.whl' }],
  }
  const kept = filtered(filters, projectOf({ info: { name: 'a' }, releases }, 'a'))
  expect(kept?.releases.map(({ files }) => files.map(({ filename }) => filename))).toEqual([
    ['a-1.0.zip'],
    ['a-2.0.zip'],
  ])
})

test('requirements that limit versions decide alone', async () => {
  const text = `[plugins]
enabled =
  project_requirements_pinned
  latest_release
[allowlist]
requirements = r.txt
[latest_release]
keep = 1
`
  const filters = await load(text, directoryOf({ 'r.txt': 'pinned<3\nloose\n' }))
  const kept = (name: string): string[] | undefined =>
    versions(filtered(filters, projectWith(name, ['1.0', '2.0', '3.0'], { version: '3.0' })))
  expect(kept('Pinned')).toEqual(['1.0', '2.0'])
  expect(kept('loose')).toEqual(['3.0'])
  expect(kept('other')).toEqual([])
})

test('the current version takes the place of the oldest that would be kept', async () => {
  const filters = await load('[plugins]\nenabled = latest_release\n[latest_release]\nkeep = 2\n')
  const project = projectWith('a', ['1.0', '1.10', '1.9', '2.0a1'], { version: '1.0' })
  expect(versions(filtered(filters, project))).toEqual(['1.0', '2.0a1'])
})

test('a current version that another filter drops takes no place among the latest', async () => {
  const latest = '\n latest_release\n[latest_release]\nkeep = 1\n'
  const current = { version: '2.0' }
  const platform = await load(`[plugins]\nenabled =\n exclude_platform${latest}[blocklist]\nplatforms = windows\n`)
  const releases = { '1.0': [{ filename: 'a-1.0.zip' }], '2.0': [{ filename: 'a-2.0-cp311-cp311-win_amd64.whl' }] }
  const windows = projectOf({ info: { name: 'a', ...current }, releases }, 'a')
  expect(versions(filtered(platform, windows))).toEqual(['1.0'])

  const blocked = await load(`[plugins]\nenabled =\n blocklist_release${latest}[blocklist]\npackages = a==2.0\n`)
  expect(versions(filtered(blocked, projectWith('a', ['1.0', '1.1', '2.0'], current)))).toEqual(['1.1'])
  expect(explain(blocked, projectWith('a', ['1.0', '1.1', '2.0'], current))).toEqual([
    { kind: 'release', version: '2.0', plugin: 'blocklist_release' },
    { kind: 'release', version: '1.0', plugin: 'latest_release' },
  ])
})

test('latest_release counts what the other release filters keep', async () => {
  const filters = await load('[plugins]\nenabled =\n latest_release\n prerelease_release\n[latest_release]\nkeep = 2\n')
  const project = projectWith('a', ['1.0', '1.1', '1.2rc1', '1.2', '2.0a1'], { version: '1.2' })
  expect(versions(filtered(filters, project))).toEqual(['1.1', '1.2'])
})

test('the list of projects whose pre-releases go compares normalized names', async () => {
  const filters = await load(
    '[plugins]\nenabled = prerelease_release\n[filter_prerelease]\npackages = Zope.Interface\n',
  )
  for (const name of ['zope.interface', 'zope-interface', 'Zope_Interface']) {
    expect(versions(filtered(filters, projectWith(name, ['1.0', '2.0rc1'])))).toEqual(['1.0'])
  }
  expect(versions(filtered(filters, projectWith('other', ['2.0rc1'])))).toEqual(['2.0rc1'])
})

test('version_range_project_metadata can be enabled', async () => {
  const filters = await load(
    '[plugins]\nenabled = version_range_project_metadata\n' +
      '[version_range_project_metadata]\ninfo.requires_python = 3.12\n',
  )
  expect(filtered(filters, projectWith('a', ['1'], { requires_python: '<3.12' }))).toBeUndefined()
  expect(filtered(filters, projectWith('a', ['1'], { requires_python: '>=3.8' }))).toBeDefined()
  expect(filtered(filters, projectWith('a', ['1'], { requires_python: null }))).toBeDefined()
})

test('a document that a filter cannot read is an error with project, version and plugin', async () => {
  const range = await load(
    '[plugins]\nenabled = version_range_release_file_metadata\n' +
      '[version_range_release_file_metadata]\nrelease_file.requires_python = 3.12\n',
  )
  const releases = { '1.0': [{ filename: 'o.zip', requires_python: '>=3.6.x' }] }
  const odd = projectOf({ info: { name: 'Odd' }, releases }, 'Odd')
  expect(() => filtered(range, odd)).toThrow(
    new InvalidDocumentError(
      'Odd 1.0: o.zip: version_range_release_file_metadata: ' +
        'release_file.requires_python is not a version specifier: ">=3.6.x"',
    ),
  )
  const latest = await load('[plugins]\nenabled = latest_release\n[latest_release]\nkeep = 1\n')
  expect(() => filtered(latest, projectWith('odd', ['1.0', 'x']))).toThrow(
    /^odd 1\.0: latest_release: "x" is not a version$/,
  )
})

test('prototype names are names like others', async () => {
  const filters = await load(
    '[plugins]\nenabled = regex_project_metadata\n[regex_project_metadata]\nnot-null:info.constructor.name = .*\n',
  )
  expect(filtered(filters, projectWith('a', ['1']))).toBeUndefined()
})

test('project filters go by the name as it is listed', async () => {
  const filters = await load(
    '[plugins]\nenabled =\n blocklist_project\n regex_project\n' +
      '[blocklist]\npackages = Foo_Bar\n[filter_regex]\npackages = Evil\n',
  )
  expect(keepsProject(filters, 'foo.bar')).toEqual({ keep: false, reason: 'dropped by blocklist_project' })
  expect(keepsProject(filters, 'Evil-x').keep).toBe(false)
  expect(keepsProject(filters, 'evil-x')).toEqual({ keep: true })
  expect(explain(filters, projectWith('foo-bar', ['1']))).toEqual([{ kind: 'project', plugin: 'blocklist_project' }])
})

test('a project of thousands of releases', async () => {
  const filters = await load('[plugins]\nenabled =\n latest_release\n prerelease_release\n[latest_release]\nkeep = 5\n')
  const many = Array.from({ length: 2000 }, (_, i) => `1.${i}`)
  expect(versions(filtered(filters, projectWith('a', many, { version: '1.1999' })))).toEqual(many.slice(-5))
})
