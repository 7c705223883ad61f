import { rmSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { deleteCommand } from '../../src/commands/delete.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { syncCommand } from '../../src/commands/sync.js'
import { EXIT } from '../../src/errors.js'
import { serveIndex, smallIndex } from '../e2e/support.js'
import { bench } from './support.js'

it('sync and delete of a misspelled name exit with 1 and say which one was probably meant', async () => {
  const { url } = await serveIndex(smallIndex(['requests', 'flask']))
  const at = bench(url)
  onTestFinished(() => rmSync(at.directory, { recursive: true, force: true }))
  expect(await mirrorCommand(at.setting, { forceCheck: false, allowRemovals: false, retryFailed: false })).toBe(EXIT.ok)
  expect(await syncCommand(at.setting, ['reqeusts'], { skipSimpleRoot: false, dryRun: false })).toBe(EXIT.incomplete)
  expect(at.logged()).toContain('Not up to date: reqeusts: is not on upstream (did you mean requests?)')
  for (const dryRun of [true, false]) {
    expect(await deleteCommand(at.setting, ['flaks'], { dryRun })).toBe(EXIT.incomplete)
  }
  expect(at.logged().match(/flaks is not in this mirror \(did you mean flask\?\)/g)).toHaveLength(2)
  expect(await deleteCommand(at.setting, ['flask'], { dryRun: true })).toBe(EXIT.ok)
  expect(at.logged()).not.toMatch(/quarantine|Removed: /)
})
