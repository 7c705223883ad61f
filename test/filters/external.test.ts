import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { isExternal } from '../../src/filters/external.js'
import { loadFilters } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import { directoryOf, filtered, projectWith } from './support.js'

const CONFIG = '[plugins]\nenabled = x\n[no_agpl]\nlicense = AGPL\n'

function load(root: string, ...enabled: string[]): Promise<Filters> {
  return loadFilters(parseConfig(CONFIG, join(root, 'bandersnatch.conf')), enabled, { directory: root })
}

const documentation = readFileSync(join(import.meta.dirname, '../../docs/filters.md'), 'utf8')
const documented = /```js\n([^]*?)```/.exec(documentation)?.[1]

test('the example in the documentation is a filter', async () => {
  const root = directoryOf({ 'no-agpl.mjs': documented ?? '' })
  const filters = await load(root, './no-agpl.mjs')
  expect(filters.metadata).toMatchObject([{ name: './no-agpl.mjs', summary: 'drops projects under AGPL' }])
  expect(filters.needsMetadata).toBe(true)
  expect(filtered(filters, projectWith('a', ['1'], { license: 'AGPL-3.0' }))).toBeUndefined()
  expect(filtered(filters, projectWith('a', ['1'], { license: 'MIT' }))).toBeDefined()
})

test('a package is found beside the configuration file', async () => {
  const root = directoryOf({
    'node_modules/@acme/odd/package.json': '{"name": "@acme/odd", "type": "module", "exports": "./main.js"}',
    'node_modules/@acme/odd/main.js':
      'export default { kind: "release", odd: /[13579]$/, ' +
      'keepRelease(release) { return this.odd.test(release.version) } }',
  })
  const filters = await load(root, '@acme/odd')
  const kept = filtered(filters, projectWith('a', ['1', '2', '3']))
  expect(kept?.releases.map(({ version }) => version)).toEqual(['1', '3'])
})

test.each([
  ['./filter', true],
  ['acme/odd', true],
  ['@acme', true],
  ['filter.js', true],
  ['filter.mjs', true],
  ['filter.ts', false],
  ['latest_release', false],
])('%s names a module: %j', (name, expected) => {
  expect(isExternal(name)).toBe(expected)
})

test('settings of a module change the fingerprint', async () => {
  const source = (settings: string): string =>
    `export default (config) => ({ kind: "project", settings: ${settings}, keepProject: () => true })`
  const root = directoryOf({ 'p.js': source('config.get("no_agpl", "license")') })
  const other = parseConfig(CONFIG.replace('= AGPL', '= MIT'), join(root, 'bandersnatch.conf'))
  const { fingerprint } = await loadFilters(other, ['./p.js'], { directory: root })
  expect((await load(root, './p.js')).fingerprint).not.toBe(fingerprint)
})

test('a change of the file changes the fingerprint', async () => {
  const source = 'export default { kind: "project", keepProject: (name) => name !== "x" }'
  const [one, same, other] = await Promise.all(
    [source, source, source.replace('"x"', '"y"')].map((text) => load(directoryOf({ 'p.js': text }), './p.js')),
  )
  expect(same?.fingerprint).toBe(one?.fingerprint)
  expect(other?.fingerprint).not.toBe(one?.fingerprint)
})

test.each([
  ['export default 1', 'neither a filter nor a function'],
  ['export const filter = {}', 'neither a filter nor a function'],
  ['export default { kind: "files" }', 'its kind must be'],
  ['export default { kind: "release" }', 'no method keepRelease'],
  ['export default { kind: "project", keepProject() {}, settings: 1n }', 'BigInt'],
  ['export default () => { throw new Error("no licence file") }', 'no licence file'],
  ['export default (', 'cannot be used as a filter'],
])('%s is refused', async (source, problem) => {
  const root = directoryOf({ 'p.mjs': source })
  await expect(load(root, './p.mjs')).rejects.toThrow(problem)
  await expect(load(root, './p.mjs')).rejects.toThrow('[plugins] enabled')
})

test('a module that is not there is refused', async () => {
  await expect(load(directoryOf({}), './gone.mjs')).rejects.toThrow('"./gone.mjs" cannot be used as a filter')
  await expect(load(directoryOf({}), '@acme/gone')).rejects.toThrow('"@acme/gone" cannot be used as a filter')
})

test('what a filter throws or wrongly answers fails the project asked about, by name', async () => {
  const root = directoryOf({
    'throws.mjs': 'export default { kind: "metadata", keepMetadata: (project) => project.info.keywords.length > 0 }',
    'waits.mjs': 'export default { kind: "release_file", keepFile: async () => true }',
  })
  const project = projectWith('a', ['1'])
  const throwing = await load(root, './throws.mjs')
  expect(() => filtered(throwing, project)).toThrow(/^a: \.\/throws\.mjs: keepMetadata fails: Cannot read/)
  const waiting = await load(root, './waits.mjs')
  expect(() => filtered(waiting, project)).toThrow('keepFile answers object, not true or false')
})
