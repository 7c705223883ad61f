import { describe, expect, it } from 'vitest'
import type { WorkItem } from '../../../src/mirror/plan/types.js'
import { isBelieved, nextEntry, nextOwed } from '../../../src/mirror/run/next-entry.js'
import type { Synced } from '../../../src/mirror/run/outcome.js'
import type { LedgerEntry, Owed } from '../../../src/mirror/state/ledger-entry.js'
import { mirrorConfig } from '../../helpers/engine.js'

const NOW = Date.parse('2026-03-01T12:00:00Z') / 1000
const HOUR = 3600
const config = mirrorConfig('withdraw-after = 24')
const context = { config, shapeOf: () => 'today', startedAt: new Date(NOW * 1000 + 900) }

const HELD: LedgerEntry = { serial: 5, shape: 'old' }
const OWED: Owed = { since: NOW - HOUR, runs: 1, next: NOW, serial: 6, reason: 'broken' }

const item = (more: Partial<WorkItem> = {}): WorkItem => ({
  name: 'foo-bar',
  rawName: 'Foo.Bar',
  serial: 7,
  reason: 'changed',
  render: false,
  listed: true,
  removed: false,
  entry: HELD,
  madeWith: undefined,
  ...more,
})
const synced = (more: Partial<Synced> = {}): Synced => ({
  kind: 'synced',
  serial: 8,
  rawName: 'foo-bar',
  changed: [],
  owed: undefined,
  foreign: false,
  withheld: {},
  disturbed: [],
  ...more,
})

describe('nextEntry', () => {
  it('of a project whose pages are written', () => {
    expect(nextEntry(context, item(), synced())).toEqual({ serial: 8, shape: 'today' })
    const full = synced({
      rawName: 'Foo.Bar',
      foreign: true,
      withheld: { due: 99, held: 2 },
      owed: 'a file is missing',
    })
    expect(nextEntry(context, item(), full)).toEqual({
      serial: 8,
      shape: 'today',
      rawName: 'Foo.Bar',
      foreign: true,
      due: 99,
      held: 2,
      owed: { since: NOW, runs: 1, next: NOW, serial: 7, reason: 'a file is missing' },
    })
  })

  it('of one whose pages are still to be removed is written by the removal', () => {
    for (const outcome of [
      { kind: 'filtered', serial: 8, withheld: {} },
      { kind: 'refused', reason: 'r', serial: 8 },
      { kind: 'blocked', reason: 'r', serial: 8, withheld: { blocked: 2 } },
      { kind: 'empty' },
    ] as const)
      expect(nextEntry(context, item(), outcome)).toBe('unchanged')
  })

  it('of one without pages says why it has none', () => {
    for (const entry of [undefined, { ...HELD, absent: 'failed' as const }]) {
      const without = item({ entry })
      expect(nextEntry(context, without, { kind: 'filtered', serial: 8, withheld: {} })).toEqual({
        serial: 8,
        shape: 'today',
        absent: 'filtered',
      })
      expect(nextEntry(context, without, { kind: 'refused', reason: 'r', serial: 8 })).toMatchObject({
        absent: 'refused',
      })
      const blocked = { kind: 'blocked', reason: 'r', serial: 8, withheld: { blocked: 2 } } as const
      expect(nextEntry(context, without, blocked)).toEqual({
        serial: 8,
        shape: 'today',
        absent: 'blocked',
        blocked: 2,
      })
      expect(nextEntry(context, without, { kind: 'empty' })).toEqual({ serial: 7, shape: 'today', absent: 'empty' })
    }
  })

  it('of one that upstream answers 404 for is owed until that is believed', () => {
    expect(nextEntry(context, item(), { kind: 'missing' })).toMatchObject({ ...HELD, owed: { missing: true, runs: 1 } })
    const removed = item({ removed: true, listed: undefined })
    expect(nextEntry(context, removed, { kind: 'missing' })).toBe('unchanged')
    const never = item({ entry: undefined })
    expect(nextEntry(context, never, { kind: 'missing' })).toMatchObject({ absent: 'gone', owed: { missing: true } })
    const gone = nextEntry(context, item({ entry: undefined, removed: true, listed: undefined }), { kind: 'missing' })
    expect(gone).toEqual({ serial: 7, shape: 'today', absent: 'gone' })
  })

  it('of one that failed keeps what was known of it', () => {
    const failed = { kind: 'failed', reason: 'it broke', passing: true } as const
    expect(nextEntry(context, item(), failed)).toMatchObject({
      ...HELD,
      rawName: 'Foo.Bar',
      owed: { reason: 'it broke' },
    })
    expect(nextEntry(context, item({ entry: undefined, rawName: 'foo-bar' }), failed)).toEqual({
      serial: 0,
      shape: 'today',
      absent: 'failed',
      owed: { since: NOW, runs: 1, next: NOW, serial: 7, reason: 'it broke' },
    })
  })
})

describe('nextOwed', () => {
  const after = (owed: Partial<Owed> | undefined, missing?: true): Owed =>
    nextOwed(
      context,
      item({ entry: owed === undefined ? HELD : { ...HELD, owed: { ...OWED, ...owed } } }),
      missing === undefined ? { reason: 'r' } : { reason: 'r', missing },
    )

  it('asks at once after two failing runs, then less and less often, at last once a day', () => {
    const pauses = [undefined, 1, 2, 3, 4, 9, 10, 11, 50, 5000].map(
      (runs) => after(runs === undefined ? undefined : { runs }).next - NOW,
    )
    const minutes = [0, 0, 5, 10, 20, 640, 1280, 1440, 1440, 1440]
    expect(pauses).toEqual(minutes.map((count) => count * 60))
  })

  it('counts runs, and keeps the time of the first failure', () => {
    expect(after(undefined)).toEqual({ since: NOW, runs: 1, next: NOW, serial: 7, reason: 'r' })
    expect(after({ runs: 4 })).toMatchObject({ since: OWED.since, runs: 5 })
  })

  it('does not believe a time in the future', () => {
    expect(after({ since: NOW + 99 }).since).toBe(NOW)
  })

  it('counts the time of a 404 from the first one', () => {
    expect(after({}, true)).toMatchObject({ since: NOW, missing: true })
    expect(after({ missing: true }, true).since).toBe(OWED.since)
    const passed = after({ missing: true })
    expect(passed).not.toHaveProperty('missing')
    expect(passed.since).toBe(OWED.since)
  })
})

describe('isBelieved', () => {
  const lasted = (seconds: number, missing = true): LedgerEntry => ({
    ...HELD,
    owed: { ...OWED, since: NOW - seconds, ...(missing ? { missing: true as const } : {}) },
  })

  it('a 404 of what upstream removed, unless it is listed', () => {
    expect(isBelieved(context, item({ removed: true, listed: undefined }))).toBe(true)
    expect(isBelieved(context, item({ removed: true, listed: false }))).toBe(true)
    expect(isBelieved(context, item({ removed: true, listed: true }))).toBe(false)
    expect(isBelieved(context, item({ removed: false, listed: undefined }))).toBe(false)
  })

  it('a 404 that has lasted for withdraw-after', () => {
    expect(isBelieved(context, item({ entry: lasted(24 * HOUR) }))).toBe(true)
    expect(isBelieved(context, item({ entry: lasted(24 * HOUR - 1) }))).toBe(false)
    expect(isBelieved(context, item({ entry: lasted(48 * HOUR, false) }))).toBe(false)
  })
})
