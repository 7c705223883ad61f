import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { verifyCommand } from '../../src/commands/verify.js'
import { EXIT } from '../../src/errors.js'
import { serveIndex, smallIndex } from '../e2e/support.js'
import { bench } from './support.js'

const PLAIN = { delete: false, dryRun: false, jsonUpdate: false, restart: false, yes: false, workers: 0 }

it('verify --delete that would remove more than half of all files refuses with a code of its own, unless it is told --yes', async () => {
  const { url } = await serveIndex(smallIndex(['one', 'two']))
  const { directory, mirror, setting, logged } = bench(url, 'json = true\n')
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  await mirrorCommand(setting, { forceCheck: false, allowRemovals: false, retryFailed: false })
  const strays = Array.from({ length: 5 }, (_, number) => join(mirror, 'web/packages/aa', `stray-${number}`))
  mkdirSync(join(mirror, 'web/packages/aa'), { recursive: true })
  for (const stray of strays) writeFileSync(stray, 'of nobody')

  expect(await verifyCommand(setting, { ...PLAIN, delete: true })).toBe(EXIT.refused)
  expect(logged()).toContain('5 of 9 stored files would be removed; if that is right, run verify --delete --yes')
  expect(strays.every((stray) => existsSync(stray))).toBe(true)

  expect(await verifyCommand(setting, { ...PLAIN, delete: true, yes: true })).toBe(EXIT.ok)
  expect(strays.some((stray) => existsSync(stray))).toBe(false)
})

it('verify says what it checked; its dry run says what there is to do, exits 1 and repairs nothing', async () => {
  const { url } = await serveIndex(smallIndex(['one', 'two']))
  const { directory, mirror, setting, logged, printed } = bench(url, 'json = true\n')
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  await mirrorCommand(setting, { forceCheck: false, allowRemovals: false, retryFailed: false })
  const page = join(mirror, 'web/simple/one/index.html')
  writeFileSync(page, 'damaged')

  expect(await verifyCommand(setting, { ...PLAIN, dryRun: true, json: true })).toBe(EXIT.incomplete)
  expect(JSON.parse(printed())).toMatchObject({ files: 0, fetch: [], pages: [page] })
  const told = logged().slice(logged().indexOf('verify --dry-run done, but not everything'))
  expect(told).toMatch(/: 2 projects checked \(\d+ files of [\d.]+ kB, 2 sets of pages, 2 documents\), /)
  expect(told).toContain(', 1 page or document to write anew, ')
  expect(told).not.toMatch(/fetched|repaired/)
  expect(readFileSync(page, 'utf8')).toBe('damaged')

  expect(await verifyCommand(setting, PLAIN)).toBe(EXIT.ok)
  expect(logged()).toContain('1 page written anew')
  expect(readFileSync(page, 'utf8')).toContain('<title>Links for one</title>')
  expect(await verifyCommand(setting, { ...PLAIN, dryRun: true })).toBe(EXIT.ok)
  expect(logged()).toContain(', nothing to do, ')
})
