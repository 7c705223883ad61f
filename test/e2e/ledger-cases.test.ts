import { expect, it } from 'vitest'
import { wheel } from '../helpers/index/index.js'
import { completeMirror } from './soak/ledger-check.js'
import { openWorld } from './soak/ledger-world.js'
import type { World } from './soak/ledger-world.js'
import { lying } from './soak/ledger-lies.js'
import { pageNames, pagesOf } from './soak/ledger-pages.js'

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
