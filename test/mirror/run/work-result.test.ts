import { describe, expect, it } from 'vitest'
import type { WorkItem } from '../../../src/mirror/plan/types.js'
import { reportFailures } from '../../../src/mirror/run/report-failures.js'
import { createWorkResult } from '../../../src/mirror/run/work-result.js'
import type { WorkResult } from '../../../src/mirror/run/work-result.js'
import type { Outcome } from '../../../src/mirror/run/outcome.js'
import type { LedgerEntry } from '../../../src/mirror/state/ledger-entry.js'
import { engine, NOW } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'

const HELD: LedgerEntry = { serial: 5, shape: 'old' }
const item = (name: string, more: Partial<WorkItem> = {}): WorkItem => ({
  name,
  rawName: name,
  serial: 7,
  reason: 'changed',
  render: false,
  listed: true,
  removed: false,
  entry: HELD,
  madeWith: undefined,
  ...more,
})
const SYNCED = {
  kind: 'synced',
  serial: 8,
  rawName: 'a',
  changed: ['web/simple/a/index.html'],
  owed: undefined,
  foreign: false,
  withheld: {},
  disturbed: [],
} as const
const FAILED = { kind: 'failed', reason: 'it broke', passing: true } as const

const runs = (count: number): LedgerEntry => ({
  ...HELD,
  owed: { since: 0, runs: count, next: 0, serial: 5, reason: 'r' },
})

async function taking(
  ...steps: readonly (readonly [WorkItem, Outcome])[]
): Promise<{ run: Engine; result: WorkResult; again: () => Promise<string[]> }> {
  const run = await engine()
  const result = createWorkResult()
  for (const [work, outcome] of steps) result.take(run, work, outcome)
  return { run, result, again: async () => result.takeAgain(await run.ledger()).map(({ name }) => name) }
}

describe('an outcome', () => {
  it('synced is counted, and nothing is owed', async () => {
    const { run, result, again } = await taking([item('a'), SYNCED])
    expect(run.report.projectsSynced).toBe(1)
    expect([result.failed.size, result.withdrawn.size, [...result.done]]).toEqual([0, 0, ['a']])
    expect(await again()).toEqual([])
  })

  it('synced with files missing is owed, and tried again', async () => {
    const { run, result, again } = await taking([item('a'), { ...SYNCED, owed: 'a.whl: 404' }])
    expect(run.report.projectsSynced).toBe(1)
    expect(result.failed.get('a')?.reason).toBe('a.whl: 404')
    expect(await again()).toEqual(['a'])
    expect(await again()).toEqual([])
  })

  it('failed is tried again where it may pass, but not in a project that failed in several runs', async () => {
    const { result, again } = await taking(
      [item('a'), FAILED],
      [item('b'), { ...FAILED, passing: false }],
      [item('c', { entry: runs(1) }), FAILED],
      [item('d', { entry: runs(2) }), FAILED],
    )
    expect([...result.failed.keys()]).toEqual(['a', 'b', 'c', 'd'])
    expect(await again()).toEqual(['a', 'c'])
  })

  it('of a later round replaces the earlier one', async () => {
    const { run, result } = await taking(
      [item('a'), FAILED],
      [item('a'), SYNCED],
      [item('b'), { kind: 'empty' }],
      [item('b'), SYNCED],
    )
    expect(result.failed.size).toBe(0)
    expect(result.withdrawn.size).toBe(0)
    expect(run.report).toMatchObject({ projectsGone: 0, projectsSynced: 2 })
    const filtered = await taking(
      [item('c'), { kind: 'filtered', serial: 8, withheld: {} }],
      [item('c'), { kind: 'filtered', serial: 9, withheld: {} }],
    )
    expect(filtered.run.report).toMatchObject({ projectsFiltered: 1, projectsGone: 0 })
  })

  it('missing is asked for twice, and is a failure of what the mirror serves', async () => {
    const { result, again } = await taking(
      [item('a'), { kind: 'missing' }],
      [item('new', { entry: undefined }), { kind: 'missing' }],
    )
    expect([...result.failed.keys()]).toEqual(['a'])
    expect(result.withdrawn.size).toBe(0)
    expect(await again()).toEqual(['a', 'new'])
    const twice = await taking([item('a'), { kind: 'missing' }])
    await twice.again()
    twice.result.take(twice.run, item('a'), { kind: 'missing' })
    expect(await twice.again()).toEqual([])
  })

  it('missing of what upstream removed withdraws it', async () => {
    const { run, result } = await taking([item('a', { removed: true, listed: undefined }), { kind: 'missing' }])
    expect(result.withdrawn.get('a')).toMatchObject({ absent: 'gone', removal: { project: 'a', by: 'upstream' } })
    expect(run.report.projectsGone).toBe(1)
    expect(result.failed.size).toBe(0)
  })

  it('filtered and empty withdraw it, by whose doing it is', async () => {
    const { run, result } = await taking(
      [item('a'), { kind: 'filtered', serial: 8, withheld: {} }],
      [item('b'), { kind: 'empty' }],
    )
    expect(result.withdrawn.get('a')).toMatchObject({ absent: 'filtered', removal: { by: 'admin' } })
    expect(result.withdrawn.get('b')).toMatchObject({ absent: 'empty', removal: { by: 'upstream' } })
    expect(run.report).toMatchObject({ projectsFiltered: 1, projectsGone: 1 })
  })

  it('refused withdraws what the mirror has', async () => {
    const refused = { kind: 'refused', reason: 'none of its files can be mirrored', serial: 8 } as const
    const { run, result } = await taking([item('a'), refused], [item('new', { entry: undefined }), refused])
    expect([...result.withdrawn.keys()]).toEqual(['a'])
    expect(run.report.refused).toBe(2)
  })

  it('that disturbed another project has that one made again from its own line', async () => {
    const { run, result } = await taking([item('a'), { ...SYNCED, disturbed: ['other'] }])
    const ledger = await run.ledger()
    ledger.set('other', { serial: 3, shape: 'x' })
    expect(result.takeAgain(ledger)).toEqual([
      expect.objectContaining({
        name: 'other',
        rawName: 'other',
        serial: 3,
        render: true,
        entry: { serial: 3, shape: 'x' },
      }),
    ])
  })
})

describe('reportFailures', () => {
  it('tells since when and how often, and what waits', async () => {
    const { run, result } = await taking([item('a'), FAILED], [item('b', { entry: runs(4) }), FAILED])
    const next = NOW.getTime() / 1000 + 60
    const waiting = new Map<string, LedgerEntry>([
      ['c', { ...HELD, owed: { since: 60, runs: 9, next, serial: 5, reason: 'slow' } }],
    ])
    reportFailures(run, { result, waiting: new Map([...waiting, ['d', HELD]]) })
    expect(run.report.failures).toEqual([
      { project: 'a', reason: 'it broke', since: NOW.toISOString(), runs: 1 },
      { project: 'b', reason: 'it broke', since: '1970-01-01T00:00:00.000Z', runs: 5 },
      {
        project: 'c',
        reason: 'slow (not asked again before 2026-03-01 12:01 UTC; --retry-failed asks at once)',
        since: '1970-01-01T00:01:00.000Z',
        runs: 9,
      },
    ])
  })
})
