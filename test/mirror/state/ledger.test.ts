import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadLedger } from '../../../src/mirror/state/ledger.js'
import type { Ledger } from '../../../src/mirror/state/ledger.js'
import type { LedgerEntry } from '../../../src/mirror/state/ledger-entry.js'
import { createLedgerTable } from '../../../src/mirror/state/ledger-table.js'
import type { LedgerTable } from '../../../src/mirror/state/ledger-table.js'
import { memoryPlace, memoryStorage } from '../../helpers/memory-storage.js'

const KEY = '.bandersnatch/projects'
const HEADER = '# bandersnatch ledger 1\n'
const EMPTY: LedgerEntry = { serial: 3, shape: 'a1', absent: 'empty' }

const contentOf = (table: LedgerTable): Record<string, LedgerEntry | undefined> =>
  Object.fromEntries([...table.names()].sort().map((name) => [name, table.get(name)]))

describe('createLedgerTable', () => {
  it('behaves as a map, whatever is set and deleted', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const entry: fc.Arbitrary<LedgerEntry> = fc.oneof(
      fc.record({
        serial: fc.integer({ min: 0, max: 999_999_999_999_999 }),
        shape: fc.constantFrom('', 'a1', 'b2', 'a1.s0123456789'),
      }),
      fc.constantFrom<LedgerEntry>(EMPTY, { serial: 4, shape: 'a1', due: 5 }, { serial: 5, shape: 'a1', rawName: 'A' }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.option(entry, { nil: undefined }))), (steps) => {
        const table = createLedgerTable()
        const model = new Map<string, LedgerEntry>()
        for (const [key, value] of steps) {
          if (value === undefined) expect(table.delete(key)).toBe(model.delete(key))
          else {
            table.set(key, value)
            model.set(key, value)
          }
        }
        expect(contentOf(table)).toEqual(Object.fromEntries(model))
        expect(table.size).toBe(model.size)
        expect(table.pageCount()).toBe([...model.values()].filter(({ absent }) => absent === undefined).length)
        for (const key of ['a', 'b', 'c']) {
          const held = model.get(key)
          expect(table.pageSerial(key)).toBe(held?.absent === undefined ? held?.serial : undefined)
        }
      }),
    )
  })

  it('tells the serial of a plain entry of one shape', () => {
    const table = createLedgerTable()
    table.setPlain('a', 7, 'a1')
    table.set('b', EMPTY)
    table.set('c', { serial: 8, shape: 'a1', rawName: 'C' })
    expect(table.plainSerial('a', 'a1')).toBe(7)
    expect(table.plainSerial('a', 'b2')).toBeUndefined()
    expect(table.plainSerial('b', 'a1')).toBeUndefined()
    expect(table.plainSerial('c', 'a1')).toBeUndefined()
    expect(table.plainSerial('none', 'a1')).toBeUndefined()
    expect([...table.exceptions()].map(([name]) => name)).toEqual(['b', 'c'])
    table.setPlain('b', 9, 'a1')
    expect(table.pageSerial('b')).toBe(9)
    table.delete('c')
    expect([...table.exceptions()]).toEqual([])
  })

  it('gives each name a number of its own, also beyond its first room', () => {
    const table = createLedgerTable()
    for (let number = 0; number < 2500; number += 1) table.setPlain(`p${number}`, number, 'a1')
    const positions = new Set([...table.names()].map((name) => table.position(name)))
    expect(positions.size).toBe(2500)
    expect(Math.max(...[...positions].map(Number))).toBeLessThan(table.positions)
    expect(table.plainSerial('p1023', 'a1')).toBe(1023)
    expect(table.plainSerial('p2499', 'a1')).toBe(2499)
    expect(table.position('none')).toBeUndefined()
  })

  it('takes more shapes than it can number, and serials that it cannot pack', () => {
    const table = createLedgerTable()
    for (let number = 0; number < 70; number += 1) table.setPlain(`p${number}`, number, number.toString(16))
    expect(table.get('p63')).toEqual({ serial: 63, shape: '3f' })
    expect(table.get('p64')).toEqual({ serial: 64, shape: '40' })
    expect(table.get('p69')).toEqual({ serial: 69, shape: '45' })
    table.setPlain('large', 999_999_999_999_999, '0')
    expect(table.get('large')).toEqual({ serial: 999_999_999_999_999, shape: '0' })
    expect(table.pageSerial('large')).toBe(999_999_999_999_999)
  })
})

/** A ledger with this text on disk. */
async function ledgerOf(
  text?: string,
  metered = false,
): Promise<{ ledger: Ledger; stored: () => string | undefined; again: () => Promise<Ledger> }> {
  const place = memoryPlace()
  const storage = memoryStorage(place, { metered })
  if (text !== undefined) await storage.write(KEY, text)
  return {
    ledger: await loadLedger(storage),
    stored: () => place.files.get(KEY)?.body.toString(),
    again: () => loadLedger(storage),
  }
}

const LINES = `${HEADER}a 1 a1\nb 2 a1\nc 3 a1\nd 4 a1\ne 5 a1\nf 6 a1 absent=empty\n`

describe('loadLedger', () => {
  it('is empty where there is none', async () => {
    const { ledger, stored } = await ledgerOf()
    expect(ledger).toMatchObject({ found: false, damaged: 0, size: 0 })
    await ledger.save()
    expect(stored()).toBeUndefined()
  })

  it('reads short and long lines, later ones over earlier ones', async () => {
    const { ledger } = await ledgerOf(`${LINES}a 9 b2\n- b\n\n# a comment\nc 3 - due=2027-01-15T08:00:00Z\n`)
    expect(ledger).toMatchObject({ found: true, damaged: 0, size: 5 })
    expect(contentOf(ledger)).toEqual({
      a: { serial: 9, shape: 'b2' },
      c: { serial: 3, shape: '', due: 1_800_000_000 },
      d: { serial: 4, shape: 'a1' },
      e: { serial: 5, shape: 'a1' },
      f: { serial: 6, shape: 'a1', absent: 'empty' },
    })
  })

  it.each([
    ['a line that is none', `${LINES}what is this\n`, 1],
    ['short lines with other things in them', `${HEADER}a 1x a1\nb 2 zz\na  a1\n a1 2\n`, 4],
    ['a last line that was cut off', `${LINES}g 7 a`, 1],
    ['no header', 'a 1 a1\n', 1],
    ['something else', 'not a ledger', 2],
  ])('counts as damaged: %s', async (_, text, damaged) => {
    expect((await ledgerOf(text)).ledger.damaged).toBe(damaged)
  })

  it('does not take the line that was cut off', async () => {
    expect((await ledgerOf(`${LINES}g 7 a`)).ledger.get('g')).toBeUndefined()
  })

  it('refuses one of another version', async () => {
    await expect(ledgerOf('# bandersnatch ledger 2\na 1 a1\n')).rejects.toThrow(/another version of this program/)
    await expect(ledgerOf('# bandersnatch ledger 11\n')).rejects.toThrow(/another version/)
  })
})

describe('save', () => {
  it('writes nothing where nothing changed', async () => {
    const { ledger, stored } = await ledgerOf(LINES)
    await ledger.save()
    expect(stored()).toBe(LINES)
    expect(ledger.delete('none')).toBe(false)
    await ledger.save()
    expect(stored()).toBe(LINES)
  })

  it('appends a few changes, sorted, and a line for what was deleted', async () => {
    const { ledger, stored, again } = await ledgerOf(
      `${LINES}${'xyzuvw'
        .split('')
        .map((name) => `${name} 1 a1\n`)
        .join('')}`,
    )
    const before = stored() ?? ''
    ledger.set('c', EMPTY)
    expect(ledger.delete('a')).toBe(true)
    await ledger.save()
    expect(stored()).toBe(`${before}- a\nc 3 a1 absent=empty\n`)
    ledger.setPlain('b', 8, 'b2')
    await ledger.save()
    expect(stored()).toBe(`${before}- a\nc 3 a1 absent=empty\nb 8 b2\n`)
    expect(contentOf(await again())).toEqual(contentOf(ledger))
  })

  it('writes the whole file, sorted, when much changed', async () => {
    const { ledger, stored } = await ledgerOf(LINES)
    ledger.setPlain('z', 1, 'a1')
    ledger.delete('b')
    await ledger.save()
    expect(stored()).toBe(`${HEADER}a 1 a1\nc 3 a1\nd 4 a1\ne 5 a1\nf 6 a1 absent=empty\nz 1 a1\n`)
  })

  it('writes the whole file when it has far more lines than entries', async () => {
    const many = 'a 1 a1\n'.repeat(10_010)
    const { ledger, stored } = await ledgerOf(`${LINES}${many}`)
    ledger.setPlain('a', 2, 'a1')
    await ledger.save()
    expect(stored()?.split('\n')).toHaveLength(8)
  })

  it('writes the whole file where it is new, was damaged, or is in a bucket', async () => {
    const fresh = await ledgerOf()
    fresh.ledger.setPlain('a', 1, 'a1')
    await fresh.ledger.save()
    expect(fresh.stored()).toBe(`${HEADER}a 1 a1\n`)
    const damaged = await ledgerOf('what is this\na 1 a1\n')
    await damaged.ledger.save()
    expect(damaged.stored()).toBe(`${HEADER}a 1 a1\n`)
    const bucket = await ledgerOf(LINES, true)
    bucket.ledger.delete('a')
    await bucket.ledger.save()
    expect(bucket.stored()).toBe(LINES.replace('a 1 a1\n', ''))
  })
})
