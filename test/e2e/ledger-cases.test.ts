import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { wheel } from '../helpers/index/index.js'
import { checkLinks, completeMirror } from './soak/ledger-check.js'
import { openWorld } from './soak/ledger-world.js'
import type { World } from './soak/ledger-world.js'
import { lying } from './soak/ledger-lies.js'
import { linksOf, pageNames, pagesOf } from './soak/ledger-pages.js'

/** Sequences that soak/ledger.test.ts found, shrunk. Each ends with a comparison with a fresh mirror. */

function publish({ index }: World, name: string): void {
  index.publish(name, '99.0', [wheel({ name, version: '99.0' })])
}

it('verify does not take half a set of pages for pages of today', async () => {
  const world = await openWorld({ 'simple-api-version': '1.1' })
  await completeMirror(world)
  world.config = { ...world.config, 'simple-api-version': '1.4' }
  expect((await world.run({ kind: 'mirror' }, { atRequest: 2 })).code).toBe(143)
  await world.run({ kind: 'verify', delete: false })
  await completeMirror(world)
})

it('verify with json = true asks for pages again that an interrupted run may have left half made', async () => {
  const world = await openWorld({ 'simple-api-version': '1.1', json: 'true' })
  await completeMirror(world)
  world.config = { ...world.config, 'simple-api-version': '1.4' }
  expect((await world.run({ kind: 'mirror' }, { atRequest: 2 })).code).toBe(143)
  await world.run({ kind: 'verify', delete: false })
  await completeMirror(world)
})

it('verify does not forget a file that the run before could not have', async () => {
  const world = await openWorld({})
  await completeMirror(world)
  publish(world, 'alpha')
  const { code } = await lying(world, 'no files', { kind: 'mirror' })
  expect(code).toBe(1)
  await world.run({ kind: 'verify', delete: true })
  await completeMirror(world)
})

it('removed-projects = unlist after keep takes off what was kept', async () => {
  const world = await openWorld({ 'removed-projects': 'keep' })
  await completeMirror(world)
  world.index.deleteProject('alpha')
  world.config = { ...world.config, names: 'alpha beta gamma' }
  await completeMirror(world)
  expect(pageNames(pagesOf(world.directory))).toContain('alpha')
  expect(pageNames(pagesOf(world.directory))).toContain('delta')
  world.config = { ...world.config, 'removed-projects': 'unlist' }
  await completeMirror(world)
})

it.each([
  ['options', { 'core-metadata': 'false' }],
  ['filters', { block: 'alpha>=2' }],
  ['json', { json: 'true' }],
] as const)('a verify that is killed leaves no page of %s that were edited back', async (_, edit) => {
  const world = await openWorld({})
  await completeMirror(world)
  const before = world.config
  world.config = { ...before, ...edit }
  const { code } = await world.run({ kind: 'verify', delete: true, jsonUpdate: true }, { atChange: 40 })
  expect(code).toBe(5)
  world.config = before
  await completeMirror(world)
})

it.each(['delete', 'sync'] as const)(
  '%s under an edit that is taken back leaves no root index of the edit',
  async (kind) => {
    const world = await openWorld({})
    await completeMirror(world)
    const before = world.config
    world.config = { ...before, 'simple-api-version': '1.1' }
    expect((await world.run({ kind, names: ['epsilon'] })).code).toBe(0)
    if (kind === 'delete') world.deleted.set('epsilon', world.index.projects.get('epsilon')?.serial ?? 0)
    world.config = before
    await completeMirror(world)
  },
)

it('delete that is killed leaves no half of a project', async () => {
  const world = await openWorld({})
  await completeMirror(world)
  for (let atChange = 1; atChange < 12; atChange += 2) {
    expect((await world.run({ kind: 'delete', names: ['alpha'] }, { atChange })).code).toBe(5)
    world.deleted.set('alpha', 'unsure')
    await completeMirror(world)
  }
})

it.each(['index.v1_json', 'index.html'])('verify makes no JSON page from an HTML page: %s is missing', async (page) => {
  for (const json of ['false', 'true']) {
    const world = await openWorld({ json })
    await completeMirror(world)
    rmSync(join(world.directory, 'web/simple/alpha', page))
    expect((await world.run({ kind: 'verify', delete: false })).code).toBe(0)
    await completeMirror(world)
  }
})

it('a sign-in page is no page of a project', async () => {
  const world = await openWorld({ json: 'true', 'simple-api-version': '1.1' })
  await completeMirror(world)
  world.config = { ...world.config, 'simple-api-version': '1.4' }
  expect((await lying(world, 'a sign-in page for projects', { kind: 'mirror' })).code).toBe(1)
  await completeMirror(world)
})

it('the letters of hash-index are no projects once it is off', async () => {
  const world = await openWorld({ 'hash-index': 'true' })
  await completeMirror(world)
  world.index.quarantine('gamma')
  await completeMirror(world)
  world.config = { ...world.config, 'hash-index': 'false' }
  await completeMirror(world)
})

it('verify takes over the new spelling of a project that was renamed', async () => {
  const world = await openWorld({})
  await completeMirror(world)
  world.index.rename('ALPHA')
  world.config = { ...world.config, 'simple-api-version': '1.1' }
  await world.run({ kind: 'mirror' }, { atRequest: 2 })
  await world.run({ kind: 'verify', delete: true })
  await completeMirror(world)
})

it('sync keeps the spelling of a project', async () => {
  const world = await openWorld({})
  await completeMirror(world)
  await world.run({ kind: 'sync', names: ['delta'] })
  world.config = { ...world.config, 'simple-api-version': '1.1' }
  await completeMirror(world)
})

it('verify repairs what pages name although options were edited since', async () => {
  const world = await openWorld({})
  await completeMirror(world)
  for (const edit of [{ 'core-metadata': 'false' }, { 'release-files': 'false' }] as const) {
    const before = world.config
    world.config = { ...before, ...edit }
    const { key } = linksOf(pagesOf(world.directory)).find(({ metadata }) => metadata !== undefined) ?? { key: '' }
    rmSync(join(world.directory, `${key}.metadata`))
    expect((await world.run({ kind: 'verify', delete: true })).code).toBe(0)
    checkLinks(world)
    world.config = before
  }
})

it('a page that names a file of another project is made again without asking, or right', async () => {
  const world = await openWorld({})
  const [file] = world.index.projects.get('alpha')?.releases.get('1.0')?.files ?? []
  if (file === undefined) throw new Error('alpha has no file')
  world.index.publish('beta', '1.0', [file])
  await completeMirror(world)
  await world.run({ kind: 'verify', delete: true })
  world.config = { ...world.config, 'simple-format': 'JSON' }
  await completeMirror(world)
})
