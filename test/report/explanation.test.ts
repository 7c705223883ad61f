import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../src/mirror/state/ledger-entry.js'
import { explanationText, ledgerLines } from '../../src/report/explanation.js'

const NOW = Date.UTC(2026, 10, 25, 12)
const at = (iso: string): number => Date.parse(iso) / 1000
const made: LedgerEntry = { serial: 42, shape: 'abc' }
const lines = (ledger: LedgerEntry | undefined, more = {}): string[] =>
  ledgerLines({ ledger, mirrored: true, outdated: false, ...more }, NOW)

describe("a project's line in the ledger, in words", () => {
  it.each([
    [made, {}, 'ledger: its pages were made from serial 42 under the present configuration'],
    [made, { outdated: true }, 'ledger: its pages were made from serial 42 under an earlier configuration'],
    [{ ...made, serial: 0 }, {}, 'ledger: its pages were made from an unknown serial under the present configuration'],
    [{ ...made, absent: 'gone' as const }, {}, 'ledger: it is absent because upstream did not have it (at serial 42)'],
    [
      { serial: 0, shape: '', absent: 'failed' as const },
      {},
      'ledger: it is absent because it could not be fetched so far',
    ],
    [undefined, {}, 'ledger: has no line for it'],
    [undefined, { mirrored: false }, 'ledger: does not know it'],
  ])('%j, %j', (ledger, more, text) => {
    expect(lines(ledger, more)).toEqual([text])
  })

  it('says when it is looked at again, and what is owed since when', () => {
    const owed = { since: at('2026-11-16T11:00:00Z'), runs: 5, next: at('2026-11-25T18:30:00Z'), serial: 43 }
    expect(lines({ ...made, due: at('2026-12-01T00:00:00Z'), owed: { ...owed, reason: 'HTTP status 500' } })).toEqual([
      'ledger: its pages were made from serial 42 under the present configuration',
      'looked at again at 2026-12-01 00:00 UTC',
      'owed since 2026-11-16 11:00 UTC (for 9 days), tried in 5 runs, not again before 2026-11-25 18:30 UTC ' +
        'unless upstream changes it: HTTP status 500',
    ])
    const now = { ...owed, runs: 1, next: owed.since, reason: 'x' }
    expect(lines({ ...made, owed: now })[1]).toBe('owed since 2026-11-16 11:00 UTC (for 9 days), tried in 1 run: x')
  })
})

it('an explanation has the verdict first, then the ledger, then what is dropped', () => {
  const text = explanationText(
    {
      name: 'one',
      mirrored: true,
      verdict: 'wanted',
      drops: [
        {
          kind: 'release',
          version: '2.0rc1',
          plugin: 'prerelease_release',
          where: 'bandersnatch.conf:7: [filter_prerelease] packages',
        },
      ],
      upstream: { releases: 3, files: 1234, bytes: 5_000_000 },
      left: { releases: 2, files: 1, bytes: 1000 },
      ledger: made,
      outdated: false,
      neededBy: ['app 1.0 needs one<2 for linux'],
    },
    NOW,
  )
  expect(text.split('\n')).toEqual([
    'one: wanted (mirrored now)',
    '  ledger: its pages were made from serial 42 under the present configuration',
    '  app 1.0 needs one<2 for linux',
    '  left: 1 of 1,234 files in 2 of 3 releases, 1.00 kB of 5.00 MB',
    '  release 2.0rc1: dropped by prerelease_release (bandersnatch.conf:7: [filter_prerelease] packages)',
  ])
})
