import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatEntry, parseEntry } from '../../../src/mirror/state/ledger-entry.js'
import type { LedgerEntry } from '../../../src/mirror/state/ledger-entry.js'

const LATEST = Date.parse('9999-12-31T23:59:59Z') / 1000
const seconds = fc.integer({ min: 0, max: LATEST })
const serial = fc.integer({ min: 0, max: 999_999_999_999_999 })
const maybe = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.option(
    value.map((given) => ({ [key]: given })),
    { nil: {} },
  )

const reason = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\s+/g, ' ').trim())
const owed = fc
  .tuple(
    fc.record({ since: seconds, runs: fc.integer({ min: 1, max: 9999 }), next: seconds, serial }),
    maybe('missing', fc.constant(true as const)),
    reason,
  )
  .map(([times, missing, text]) => ({ ...times, ...missing, reason: text }))

const entries: fc.Arbitrary<LedgerEntry> = fc
  .tuple(
    fc.record({
      serial,
      shape: fc.constantFrom('', 'a', '0123456789ab', '0123456789ab.p0123456789.s9876543210', 'f'.repeat(64)),
    }),
    maybe('rawName', fc.string({ unit: 'grapheme', minLength: 1 })),
    maybe(
      'absent',
      fc.constantFrom('gone', 'empty', 'filtered', 'refused', 'deleted', 'untaken', 'failed') as fc.Arbitrary<
        NonNullable<LedgerEntry['absent']>
      >,
    ),
    maybe('foreign', fc.constant(true as const)),
    maybe('due', seconds),
    maybe('owed', owed),
  )
  .map((parts) => Object.assign({}, ...parts) as LedgerEntry)

const FULL: LedgerEntry = {
  serial: 12,
  shape: 'ab',
  rawName: 'Foo Bar',
  absent: 'failed',
  foreign: true,
  due: 1_800_000_000,
  owed: { since: 1_700_000_000, runs: 3, next: 1_700_000_300, serial: 13, missing: true, reason: 'it broke, twice' },
}
const LINE =
  'foo-bar 12 ab absent=failed foreign raw=Foo%20Bar due=2027-01-15T08:00:00Z owed=2023-11-14T22:13:20Z runs=3 ' +
  'next=2023-11-14T22:18:20Z for=13 missing reason=it broke, twice'

describe('a line of the ledger', () => {
  it('is one line that people can read', () => {
    expect(formatEntry('foo-bar', FULL)).toBe(LINE)
    expect(parseEntry(LINE)).toEqual(['foo-bar', FULL])
    expect(formatEntry('a', { serial: 0, shape: '' })).toBe('a 0 -')
  })

  it('is read as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const line = formatEntry('some-name', entry)
        expect(line).not.toMatch(/[\r\n]/)
        expect(parseEntry(line)).toEqual(['some-name', entry])
      }),
      { numRuns: 300 },
    )
  })

  it('is one line although the reason or the name has line ends', () => {
    const entry = { ...FULL, rawName: 'a\nb\ud800', owed: { ...FULL.owed, reason: ' one\n\ttwo ' } } as LedgerEntry
    const line = formatEntry('x', entry)
    expect(line.split('\n')).toHaveLength(1)
    expect(parseEntry(line)?.[1]).toMatchObject({ rawName: 'a\nb\ufffd', owed: { reason: 'one two' } })
  })

  it('keeps whole seconds', () => {
    expect(parseEntry(formatEntry('x', { serial: 1, shape: 'a', due: 10.9 }))?.[1].due).toBe(10)
  })
})

describe('foreign lines', () => {
  it.each([
    '',
    'name',
    'name 1',
    'name one ab',
    'name -1 ab',
    'name 1234567890123456 ab',
    'name 1 AB',
    'name 1 xyz',
    'name 1 .p0123456789',
    'name 1 ab.P01',
    `name 1 ${'a'.repeat(65)}`,
    ' 1 ab',
    'name 1 ab absent=else',
    'name 1 ab absent',
    'name 1 ab owed=yesterday runs=1 next=2023-11-14T22:18:20Z for=1',
    'name 1 ab owed=2023-11-14T22:13:20Z runs=x next=2023-11-14T22:18:20Z for=1',
    'name 1 ab owed=2023-11-14T22:13:20Z runs=1 next=soon for=1',
    'name 1 ab owed=2023-11-14T22:13:20Z runs=1 next=2023-11-14T22:18:20Z',
    'name 1 ab owed=2023-13-14T22:13:20Z runs=1 next=2023-11-14T22:18:20Z for=1',
  ])('%j is not a line', (line) => {
    expect(parseEntry(line)).toBeUndefined()
  })

  it('keeps what it knows of a line with fields of a later version', () => {
    expect(parseEntry('name 1 ab colour=blue raw=%E0%A4%A due=never')).toEqual(['name', { serial: 1, shape: 'ab' }])
  })

  it('does not take a reason for fields', () => {
    const owed = { since: 0, runs: 1, next: 0, serial: 1, reason: 'absent=gone reason=due=x' }
    expect(parseEntry(formatEntry('a', { serial: 1, shape: 'a', owed }))).toEqual([
      'a',
      { serial: 1, shape: 'a', owed },
    ])
  })
})
