import { rmSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { dryRunCommand } from '../../src/commands/dry-run.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { EXIT } from '../../src/errors.js'
import { publish, serveIndex, smallIndex } from '../e2e/support.js'
import { bench } from './support.js'

const RUN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const PLAN = { ...RUN, quick: true, json: false, explain: [] }

it('a dry run counts by reason, and --explain prints the ledger in words, before and after an edit', async () => {
  const { url, index } = await serveIndex(smallIndex(['one', 'two', 'three']))
  const at = bench(url, 'simple-format = ALL\n')
  onTestFinished(() => rmSync(at.directory, { recursive: true, force: true }))
  const planned = async (options = {}): Promise<string> => {
    const before = at.printed().length
    expect(await dryRunCommand(at.setting, { ...PLAN, ...options })).toBe(EXIT.ok)
    return at.printed().slice(before)
  }
  expect(await planned()).toMatch(/\nWhy: 3 new\n3 projects to sync, 0 to remove; .*serial none -> \d+\n$/)
  expect(await mirrorCommand(at.setting, RUN)).toBe(EXIT.ok)
  expect(await planned()).not.toContain('Why:')

  const serial = index.projects.get('one')?.serial
  const line = `  ledger: its pages were made from serial ${serial} under`
  const left = / {2}left: 1 of 1 file in 1 of 1 release, .*\n/
  expect((await planned({ explain: ['one'] })).replace(left, '')).toBe(
    `one: wanted (mirrored now)\n${line} the present configuration\n`,
  )
  at.configWith('simple-format = ALL', 'simple-format = HTML')
  publish(index, { name: 'two', version: '2.0' })
  expect((await planned({ explain: ['One'] })).replace(left, '')).toBe(
    `one: wanted (mirrored now)\n${line} an earlier configuration\n`,
  )
  expect(await planned()).toContain('\nWhy: 1 changed upstream, 2 made with other options\n3 projects to sync, ')
  expect(JSON.parse(await planned({ json: true }))).toMatchObject({ reasons: { changed: 1, options: 2 } })
})
