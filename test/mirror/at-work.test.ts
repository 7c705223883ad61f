import { describe, expect, it } from 'vitest'
import { runAtWork } from '../../src/mirror/at-work.js'
import { memoryPlace, memoryStorage } from '../helpers/memory-storage.js'

const LOCK = '.bandersnatch/lock'
const holder = (command: string): string =>
  JSON.stringify({ command, host: 'box', pid: 7, since: '2026-03-01T12:00:00.000Z' })

describe('a run at work', () => {
  it('is told by its lock, and how far it is by its journal', async () => {
    const storage = memoryStorage()
    await storage.write(LOCK, holder('mirror'))
    await storage.write('todo', '9\na 1\nb 2\nc 3')
    await storage.write('.bandersnatch/journal', '\n# boot x\n> a\na 1 abc\n> b\n# flushed\n- gone\na 1 abc\n')
    expect(await runAtWork(storage, Date.now())).toEqual({
      command: 'mirror',
      since: '2026-03-01T12:00:00.000Z',
      host: 'box',
      pid: 7,
      done: 2,
      total: 3,
    })
    await storage.write(LOCK, holder('verify'))
    await storage.write('.bandersnatch/verified', 'a\nb\n')
    expect(await runAtWork(storage, Date.now())).toMatchObject({ command: 'verify', done: 2, total: undefined })
    await storage.write(LOCK, holder('sync'))
    expect(await runAtWork(storage, Date.now())).toMatchObject({ done: undefined, total: undefined })
  })

  it('is none where there is no lock, one of a run that has died, or one that nobody can read', async () => {
    const place = memoryPlace()
    const storage = memoryStorage(place)
    expect(await runAtWork(storage, Date.now())).toBeUndefined()
    await storage.write(LOCK, holder('mirror'))
    expect(await runAtWork(storage, Date.now() + 61_000)).toBeUndefined()
    expect(await runAtWork(memoryStorage(place, { metered: true }), Date.now() + 61_000)).toBeDefined()
    await storage.write(LOCK, '')
    expect(await runAtWork(storage, Date.now())).toBeUndefined()
  })
})
