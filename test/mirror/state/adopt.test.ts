import { describe, expect, it } from 'vitest'
import { adoptProjects, readPageSerial } from '../../../src/mirror/state/adopt.js'
import type { Adopted } from '../../../src/mirror/state/adopt.js'
import type { LedgerEntry } from '../../../src/mirror/state/ledger-entry.js'
import { removeOldState } from '../../../src/mirror/state/old-state.js'
import { loadNotes } from '../../../src/mirror/state/run-notes.js'
import type { RunNotes } from '../../../src/mirror/state/run-notes.js'
import { engine } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'

const LEDGER = '# bandersnatch ledger 1\n'
const html = (serial: number): string => `<html></html>\n<!--SERIAL ${serial}-->`

interface Scene {
  readonly files: Readonly<Record<string, string>>
  readonly mirror?: string
  readonly notes?: (run: Engine) => Partial<RunNotes>
  readonly thorough?: boolean
}

interface Outcome extends Adopted {
  readonly run: Engine
  readonly entries: () => Record<string, LedgerEntry | undefined>
}

async function adopt({ files, mirror = '', notes, thorough = false }: Scene): Promise<Outcome> {
  const place = memoryPlace()
  for (const [key, body] of Object.entries(files)) place.files.set(key, { body: Buffer.from(body), time: 0 })
  const run = await engine({ place, mirror })
  const ledger = await run.ledger()
  const given = { ...(await loadNotes(run.storage)), ...notes?.(run) }
  const adopted = await adoptProjects(run, { ledger, notes: given, thorough })
  const entries = (): Record<string, LedgerEntry | undefined> =>
    Object.fromEntries([...ledger.names()].sort().map((name) => [name, ledger.get(name)]))
  return { ...adopted, run, entries }
}

describe('a mirror of bandersnatch 8.0', () => {
  const files = {
    'web/simple/a/index.html': html(5),
    'web/simple/b/index.html': '<html>',
    'web/simple/Not_Normal/index.html': '',
  }

  it('is taken over with the serials of its pages not yet read, as today’s options make it', async () => {
    const adopted = await adopt({ files })
    const { taken, lost, count, entries, run } = adopted
    expect({ taken, lost, count }).toEqual({ taken: '8.0', lost: false, count: 2 })
    const shape = run.shape.id
    expect(entries()).toEqual({ a: { serial: 0, shape }, b: { serial: 0, shape } })
    await adopted.readSerials()
    expect(entries()).toEqual({ a: { serial: 5, shape }, b: { serial: 0, shape } })
  })

  it('has pages that must move where hash-index is another', async () => {
    const hashed = { 'web/simple/a/abc/index.html': html(5), 'web/simple/plain/index.html': html(6) }
    const { entries, run } = await adopt({ files: hashed })
    expect(entries()).toEqual({ abc: { serial: 0, shape: '' }, plain: { serial: 0, shape: run.shape.id } })
    const other = await adopt({ files: hashed, mirror: 'hash-index = true' })
    expect(other.entries()).toEqual({
      abc: { serial: 0, shape: other.run.shape.id },
      plain: { serial: 0, shape: '' },
    })
  })
})

describe('a mirror of version 1.0', () => {
  const files = {
    'web/simple/a/index.html': html(5),
    'web/simple/b/index.html': html(6),
    '.bandersnatch/serials': 'a 5\nbad line here\nbad\n',
    '.bandersnatch/absent': 'empty 7\n',
    '.bandersnatch/failures.json': JSON.stringify({
      'B.': { since: '1970-01-01T00:01:00Z', runs: 2, reason: 'broken' },
      b: { since: '1970-01-01T00:01:00Z', runs: 2, reason: 'broken' },
      x: { since: 'never', runs: 1, reason: '' },
      y: { since: '1970-01-01T00:01:00Z', runs: '1', reason: '' },
      z: 1,
    }),
  }

  it('gives its serials, what is absent, and failures', async () => {
    const { taken, entries, run } = await adopt({ files, notes: () => ({ reconciledAt: 1 }) })
    expect(taken).toBe('1.0')
    const owed = { since: 60, runs: 2, next: 0, reason: 'broken' }
    expect(entries()).toMatchObject({
      a: { serial: 5, shape: '' },
      b: { owed: { ...owed, serial: 0 } },
      empty: { serial: 7, shape: '', absent: 'filtered' },
    })
    expect(entries()).not.toHaveProperty('x')
    expect(entries()).not.toHaveProperty('y')
    await removeOldState(run.storage)
    expect(run.keys(/bandersnatch/)).toEqual([])
  })

  it('knows the shape of its pages where its filters are today’s', async () => {
    const filters = ({ shape }: Engine): Partial<RunNotes> => ({ reconciledAt: 1, contentFilters: shape.filters })
    const same = await adopt({ files, notes: filters })
    expect(same.entries()['a']).toEqual({ serial: 5, shape: same.run.shape.id })
    const other = await adopt({ files, notes: () => ({ reconciledAt: 1, contentFilters: 'other' }) })
    expect(other.entries()['a']).toEqual({ serial: 5, shape: '' })
  })

  it('survives failures.json that is damaged', async () => {
    const { entries } = await adopt({ files: { ...files, '.bandersnatch/failures.json': '{' } })
    expect(entries()['b']?.owed).toBeUndefined()
  })
})

describe('a mirror with a ledger', () => {
  const files = { 'web/simple/a/index.html': html(5), 'web/simple/new/index.html': html(6) }
  const whole = { ...files, '.bandersnatch/projects': `${LEDGER}a 5 a1\n` }
  const notes = (): Partial<RunNotes> => ({ shape: 'a1' })

  it('is believed', async () => {
    const { lost, taken, count, entries } = await adopt({ files: whole, notes })
    expect({ lost, taken, count }).toEqual({ lost: false, taken: undefined, count: 0 })
    expect(entries()).toEqual({ a: { serial: 5, shape: 'a1' } })
  })

  it('is compared with the pages now and then', async () => {
    const { lost, count, entries } = await adopt({ files: whole, notes, thorough: true })
    expect({ lost, count }).toEqual({ lost: false, count: 1 })
    expect(entries()).toEqual({ a: { serial: 5, shape: 'a1' }, new: { serial: 6, shape: '' } })
  })

  it('that is missing is made anew from the pages, with the shape of the last complete run', async () => {
    const { lost, count, entries, run } = await adopt({ files, notes })
    expect({ lost, count }).toEqual({ lost: true, count: 2 })
    expect(entries()).toEqual({ a: { serial: 5, shape: 'a1' }, new: { serial: 6, shape: 'a1' } })
    expect(run.lines.at(-1)).toMatch(/ledger \S+ is missing\. .* 2 projects/)
  })

  it('that is missing after an interrupted edit tells no shape', async () => {
    const { entries } = await adopt({ files, notes: () => ({ shape: 'a1', begunShape: 'b2' }) })
    expect(entries()['a']).toEqual({ serial: 5, shape: '' })
  })

  it('that is damaged keeps what can be read', async () => {
    const damaged = { ...files, '.bandersnatch/projects': `${LEDGER}a 4 a1\nwhat is\n` }
    const { lost, entries, run } = await adopt({ files: damaged, notes })
    expect(lost).toBe(true)
    expect(entries()).toEqual({ a: { serial: 4, shape: 'a1' }, new: { serial: 6, shape: 'a1' } })
    expect(run.lines.at(-1)).toMatch(
      /has 1 line that cannot be read\. .* 1 project\. In this run the list removes no project$/,
    )
  })

  it('has pages at another place than hash-index says moved', async () => {
    const moved = { 'web/simple/a/abc/index.html': html(5), '.bandersnatch/projects': `${LEDGER}abc 5 a1\n` }
    const { entries } = await adopt({ files: moved, notes, thorough: true })
    expect(entries()).toEqual({ abc: { serial: 5, shape: '' } })
  })
})

describe('readPageSerial', () => {
  it.each([
    ['index.html', html(12), 12],
    ['index.v1_html', html(13), 13],
    ['index.v1_json', '{"meta": {"_last-serial": 14, "api-version": "1.1"}}', 14],
    ['index.v1_json', '{"meta": {"_last-serial": "15"}}', 15],
    ['index.html', '<html></html>', undefined],
    ['other.html', html(12), undefined],
  ])('reads it from %s', async (page, text, serial) => {
    const run = await engine()
    await run.storage.write(`web/simple/a/${page}`, text)
    expect(await readPageSerial(run, 'a')).toBe(serial)
  })
})
