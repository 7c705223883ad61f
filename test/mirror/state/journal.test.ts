import { describe, expect, it } from 'vitest'
import { openJournal, readJournal } from '../../../src/mirror/state/journal.js'
import type { JournalRead } from '../../../src/mirror/state/journal.js'
import { loadLedger } from '../../../src/mirror/state/ledger.js'
import type { LedgerEntry } from '../../../src/mirror/state/ledger-entry.js'
import { recoverRun } from '../../../src/mirror/state/recover.js'
import type { RecoverOptions } from '../../../src/mirror/state/recover.js'
import type { Storage } from '../../../src/storage/types.js'
import { memoryStorage } from '../../helpers/memory-storage.js'

const KEY = '.bandersnatch/journal'
const SYNCED: LedgerEntry = { serial: 5, shape: 'a1' }

const bucket = (): Storage => memoryStorage(undefined, { metered: true })

interface Plain {
  readonly finished: Record<string, LedgerEntry | undefined>
  readonly begun: readonly string[]
  readonly complete: boolean
}

const plain = (read: JournalRead | undefined): Plain | undefined =>
  read && { finished: Object.fromEntries(read.finished), begun: [...read.begun], complete: read.complete }

describe('readJournal', () => {
  it('is undefined where no run was interrupted', async () => {
    expect(await readJournal(memoryStorage(), 'boot')).toBeUndefined()
  })

  it('gives what was finished, and what was begun and not finished', async () => {
    const storage = memoryStorage()
    const journal = await openJournal(storage, 'boot')
    await journal.begin(['a', 'b'])
    await journal.finished('a', SYNCED)
    await journal.finished('new', SYNCED)
    await journal.finished('removed', undefined)
    expect(plain(await readJournal(storage, 'boot'))).toEqual({
      finished: { a: SYNCED, new: SYNCED, removed: undefined },
      begun: ['b'],
      complete: true,
    })
  })

  it('takes a project that was begun again for unfinished', async () => {
    const storage = memoryStorage()
    const journal = await openJournal(storage, 'boot')
    await journal.begin(['a'])
    await journal.finished('a', SYNCED)
    await journal.begin(['a'])
    expect(plain(await readJournal(storage, 'boot'))).toMatchObject({ finished: {}, begun: ['a'] })
  })

  it('after another start of the machine, believes what was finished before the last flush', async () => {
    const storage = memoryStorage()
    const journal = await openJournal(storage, 'boot')
    await journal.begin(['a', 'b'])
    await journal.finished('a', SYNCED)
    await journal.checkpoint()
    await journal.finished('b', SYNCED)
    expect(plain(await readJournal(storage, 'other'))).toEqual({
      finished: { a: SYNCED },
      begun: ['b'],
      complete: false,
    })
    expect(plain(await readJournal(storage, 'boot'))).toMatchObject({ finished: { a: SYNCED, b: SYNCED }, begun: [] })
  })

  it('believes nothing where there was no flush', async () => {
    const storage = memoryStorage()
    const journal = await openJournal(storage, 'boot')
    await journal.finished('a', SYNCED)
    expect(plain(await readJournal(storage, 'other'))).toEqual({ finished: {}, begun: [], complete: false })
  })

  it('does not take two machines without a boot id for one start', async () => {
    const storage = memoryStorage()
    const journal = await openJournal(storage, '')
    await journal.finished('a', SYNCED)
    expect(plain(await readJournal(storage, ''))).toEqual({ finished: {}, begun: [], complete: false })
  })

  it('goes by the last start that wrote into it', async () => {
    const storage = memoryStorage()
    await (await openJournal(storage, 'first')).finished('a', SYNCED)
    await (await openJournal(storage, 'second')).finished('b', SYNCED)
    expect(plain(await readJournal(storage, 'first'))).toMatchObject({ finished: {}, complete: false })
    expect(plain(await readJournal(storage, 'second'))?.complete).toBe(true)
  })

  it('in a bucket does not tell all that was begun', async () => {
    const storage = bucket()
    await (await openJournal(storage, 'boot')).finished('a', SYNCED)
    expect(plain(await readJournal(storage, 'boot'))).toEqual({ finished: { a: SYNCED }, begun: [], complete: false })
  })

  it('passes over a line that was cut off, and what is none', async () => {
    const storage = memoryStorage()
    await openJournal(storage, 'boot')
    await storage.append(KEY, 'what is this\n# a comment\nb 5 a1\nc 5 a')
    expect(plain(await readJournal(storage, 'boot'))).toEqual({ finished: { b: SYNCED }, begun: [], complete: true })
  })
})

describe('recoverRun', () => {
  async function recover(
    storage: Storage,
    before: Record<string, LedgerEntry>,
    options: Partial<RecoverOptions> = {},
  ): Promise<{ interrupted: boolean; entries: Record<string, LedgerEntry | undefined> }> {
    const ledger = await loadLedger(storage)
    for (const [name, entry] of Object.entries(before)) ledger.set(name, entry)
    const interrupted = await recoverRun(storage, ledger, {
      todo: undefined,
      bootId: 'boot',
      hasPages: async () => false,
      readOnly: false,
      ...options,
    })
    return { interrupted, entries: Object.fromEntries([...ledger.names()].map((name) => [name, ledger.get(name)])) }
  }

  it('says that no run was interrupted', async () => {
    expect(await recover(memoryStorage(), { a: SYNCED })).toEqual({ interrupted: false, entries: { a: SYNCED } })
  })

  it('takes over what was finished, and doubts the pages of what was begun', async () => {
    const storage = memoryStorage()
    const journal = await openJournal(storage, 'boot')
    await journal.begin(['a', 'b', 'new-with-pages', 'new-without', 'removed'])
    await journal.finished('a', { serial: 6, shape: 'b2' })
    await journal.finished('removed', undefined)
    const { interrupted, entries } = await recover(
      storage,
      { a: SYNCED, b: SYNCED, c: SYNCED, removed: SYNCED },
      { hasPages: async (name) => name === 'new-with-pages' },
    )
    expect(interrupted).toBe(true)
    expect(entries).toEqual({
      a: { serial: 6, shape: 'b2' },
      b: { serial: 5, shape: '' },
      c: SYNCED,
      'new-with-pages': { serial: 0, shape: '' },
    })
    expect(await storage.read(KEY)).toBeUndefined()
    const { ledger } = { ledger: await loadLedger(storage) }
    expect(ledger.get('b')).toEqual({ serial: 5, shape: '' })
  })

  it('where the journal does not tell all, doubts what todo names and was not finished', async () => {
    const storage = bucket()
    const journal = await openJournal(storage, 'boot')
    await journal.finished('a', SYNCED)
    const todo = { target: 9, projects: new Map(['A', 'B_b', 'unknown'].map((name) => [name, 9])) }
    const { entries } = await recover(storage, { a: SYNCED, 'b-b': SYNCED, c: SYNCED }, { todo })
    expect(entries).toEqual({ a: SYNCED, 'b-b': { serial: 5, shape: '' }, c: SYNCED })
  })

  it('leaves todo alone where the journal tells all', async () => {
    const storage = memoryStorage()
    await openJournal(storage, 'boot')
    const todo = { target: 9, projects: new Map([['b', 9]]) }
    expect((await recover(storage, { b: SYNCED }, { todo })).entries).toEqual({ b: SYNCED })
  })

  it('changes nothing on disk in a dry run', async () => {
    const storage = memoryStorage()
    await (await openJournal(storage, 'boot')).finished('a', SYNCED)
    expect((await recover(storage, {}, { readOnly: true })).entries).toEqual({ a: SYNCED })
    expect(await storage.read(KEY)).toBeDefined()
    expect(await storage.read('.bandersnatch/projects')).toBeUndefined()
  })
})
