import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { ConfigError } from '../../src/errors.js'
import { loadFilters, PLUGIN_NAMES } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import { directoryOf, enabledIn } from './support.js'

async function load(text: string, directory = '/nowhere', unknownPlugin?: 'warn'): Promise<Filters> {
  const config = parseConfig(text, 'bandersnatch.conf')
  return loadFilters(config, enabledIn(config), { directory, ...(unknownPlugin && { unknownPlugin }) })
}

async function refusal(text: string, directory?: string): Promise<string> {
  const error: unknown = await load(text, directory).catch((error: unknown) => error)
  if (!(error instanceof ConfigError)) throw new Error('not refused', { cause: error })
  expect(error.message).not.toContain('\n')
  return error.message
}

test('without plugins there are no filters', async () => {
  const filters = await load('')
  expect(filters).toMatchObject({ project: [], metadata: [], release: [], releaseFile: [], warnings: [] })
  expect(filters.needsMetadata).toBe(false)
})

test('filters of a kind stand in a fixed order, whatever order the configuration has', async () => {
  const text = (names: string): string =>
    `[plugins]\nenabled =\n ${names}\n[blocklist]\npackages = a\n[filter_regex]\npackages = b\nreleases = c\n`
  const filters = await load(text('regex_release\n regex_project\n blocklist_release\n blocklist_project'))
  expect(filters.project.map(({ name }) => name)).toEqual(['blocklist_project', 'regex_project'])
  expect(filters.release.map(({ name }) => name)).toEqual(['blocklist_release', 'regex_release'])
  expect(filters.needsMetadata).toBe(false)
  const sorted = await load(text('blocklist_project\n blocklist_release\n regex_project\n regex_release'))
  expect(sorted.fingerprint).toBe(filters.fingerprint)
})

test('all enables every plugin that has something to do', async () => {
  const section = '[version_range_project_metadata]\ninfo.requires_python = 3.12\n'
  const filters = await load(`[plugins]\nenabled = all\n${section}`)
  expect(filters.metadata.map(({ name }) => name)).toEqual(['version_range_project_metadata'])
  expect(filters.release.map(({ name }) => name)).toEqual([
    'project_requirements_pinned',
    'allowlist_release',
    'prerelease_release',
  ])
  expect(filters.needsMetadata).toBe(true)
  expect(filters.warnings).toEqual([
    'project_requirements_pinned: there are no requirements, so it drops every release',
    'allowlist_release: [allowlist] packages is empty, so it drops every release',
  ])
})

test('a name that is no plugin is refused with the names of those that are', async () => {
  const text = '[plugins]\nenabled =\n blocklist_projects\n'
  const message = await refusal(text)
  expect(message).toContain('bandersnatch.conf:2: [plugins] enabled')
  expect(message).toContain('did you mean blocklist_project?')
  for (const name of PLUGIN_NAMES) expect(message).toContain(name)
  expect(await refusal('[plugins]\nenabled = constructor\n')).not.toContain('did you mean')
  const { warnings } = await load(text, '/nowhere', 'warn')
  expect(warnings).toEqual([expect.stringContaining('it is ignored')])
})

test('what cannot be used is refused in one line that says where and what', async () => {
  expect(await refusal('[plugins]\nenabled = regex_project\n[filter_regex]\npackages =\n  good\n  (bad\n')).toMatch(
    /bandersnatch\.conf:4: \[filter_regex\] packages.*"\(bad"/,
  )
  expect(await refusal('[plugins]\nenabled = allowlist_project\n[allowlist]\npackages =\n  a\n  -r b\n')).toMatch(
    /\[allowlist\] packages.*"-r b" is not a requirement/,
  )
  expect(await refusal('[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = a # b\n')).toContain('"a # b"')
  const own = (name: string, setting: string): string => `[plugins]\nenabled = ${name}\n[${name}]\n${setting}\n`
  expect(await refusal(own('version_range_release_file_metadata', 'x = 3.x'))).toContain('"3.x" is not a version')
  expect(await refusal(own('latest_release', 'keep = %(x)s'))).toContain('[latest_release] keep')
  expect(await refusal(own('size_project_metadata', 'max_package_size = ²'))).toMatch(/max_package_size = "²": /)
})

test('requirements files are named in what is wrong with them', async () => {
  const text = '[plugins]\nenabled = project_requirements\n[allowlist]\nrequirements =\n  a.txt\n'
  const root = directoryOf({
    'a.txt': 'django \\\n  >=4\n-r b.txt\nflask=1 --hash=sha256:ab\n',
    'b/c.txt': '# coding: klingon\n',
  })
  expect(await refusal(text, root)).toBe('a.txt:4: "flask=1" is not a requirement')
  expect(await refusal(text, join(root, 'b'))).toMatch(/\[allowlist\] requirements.*"a\.txt" cannot be read.*ENOENT/)
  const directory = '[plugins]\nenabled = project_requirements\n[allowlist]\nrequirements = b\n'
  expect(await refusal(directory, root)).toContain('EISDIR')
  const encoded = '[plugins]\nenabled = project_requirements\n[allowlist]\nrequirements = b/c.txt\n'
  expect(await refusal(encoded, root)).toContain('"klingon" is not known')
  const pattern = '[plugins]\nenabled = project_requirements\n[allowlist]\nrequirements = /etc/*\n'
  expect(await refusal(pattern, root)).toContain('must not be an absolute path')
})

test('requirements files are read with continuations, hashes, encodings and the files that they include', async () => {
  const root = directoryOf({
    'a.txt': Buffer.from('\ufeffdjango \\\n  >=4 \\\n  --hash=sha256:ab\n-r b/c.txt # c\n-r nowhere.txt\n', 'utf16le'),
    'b/c.txt': 'flask==1.0 --hash=sha256:ab\n--requirement=d.txt\n-c limits.txt\n-e .\n',
    'b/d.txt': '-r ../a.txt\njinja2\n',
    'b/limits.txt': 'limited==1\n',
  })
  const lines =
    'enabled =\n  project_requirements\n  project_requirements_pinned\n[allowlist]\nrequirements =\n  a.txt\n'
  const { project, release } = await load(`[plugins]\n${lines}`, root)
  expect(project[0]?.settings).toEqual(['django', 'flask', 'jinja2'])
  expect(release[0]?.settings).toHaveLength(3)
})

test('settings that 8.0 accepts but does nothing with are warnings', async () => {
  const text = `[plugins]
enabled =
  latest_release
  size_project_metadata
  versions_count_project_metadata
  exclude_platform
  allowlist_project
[latest_release]
keep = many
[size_project_metadata]
max_package_size = big
[versions_count_project_metadata]
min_versions = 5
max_versions = 2
[blocklist]
platforms = amiga
`
  const filters = await load(text)
  expect(filters).toMatchObject({ project: [], metadata: [], release: [], releaseFile: [] })
  expect(filters.warnings.join('\n')).toMatch(
    /^allowlist_project: .* is not set.*\n.*keep = "many".*\n.*"big".*\n.*min_versions \(5\).*\n.*"amiga" is not a known platform$/,
  )
})

test.each([
  ['allowlist_project', 'packages =', {}],
  ['allowlist_project', 'packages =\n  # nothing yet', {}],
  ['all', 'packages =', {}],
  ['project_requirements', 'requirements = r.txt', { 'r.txt': '# nothing\n-r other.txt\n' }],
  ['project_requirements', 'requirements = *.txt', {}],
])('%s refuses a list of projects that is set and empty: %j', async (plugin, lines, files) => {
  const text = `[plugins]\nenabled = ${plugin}\n[allowlist]\n${lines}\n`
  const message = await refusal(text, directoryOf(files))
  expect(message).toMatch(/^bandersnatch\.conf:4: \[allowlist\] \w+ = ".*": names no project to mirror; name some, or/)
})

test('an empty list is a warning where another list limits the mirror', async () => {
  const text = `[plugins]
enabled =
  allowlist_project
  project_requirements
[allowlist]
packages =
requirements = r.txt
`
  const { warnings, project } = await load(text, directoryOf({ 'r.txt': 'django' }))
  expect(project.map(({ name }) => name)).toEqual(['project_requirements'])
  expect(warnings).toEqual([expect.stringMatching(/packages = "": names no project to mirror$/)])
})

test('the fingerprint follows what is kept, not how it is written', async () => {
  const text = (packages: string): string =>
    `[plugins]\nenabled = blocklist_release\n[blocklist]\npackages =\n  ${packages}\n`
  const { fingerprint } = await load(text('b\n  A_b>=1,<2'))
  expect((await load(text('# comment\n  a-B<2.0,>=1\n  b'))).fingerprint).toBe(fingerprint)
  expect((await load(text('b\n  a-b>=1,<3'))).fingerprint).not.toBe(fingerprint)
})

test('the fingerprint follows the contents of requirements files', async () => {
  const text = '[plugins]\nenabled = project_requirements_pinned\n[allowlist]\nrequirements = *.txt\n'
  const fingerprint = async (content: string): Promise<string> =>
    (await load(text, directoryOf({ 'a.txt': content }))).fingerprint
  const first = await fingerprint('django==4.2\n')
  expect(await fingerprint('# pinned\ndjango==4.2.0\n')).toBe(first)
  expect(await fingerprint('django==4.3\n')).not.toBe(first)
})
