import { describe, expect, it } from 'vitest'
import { appendHistory, loadHistory } from '../../../src/mirror/state/history.js'
import type { RunRecord } from '../../../src/mirror/state/history.js'
import { loadNotes, saveNotes } from '../../../src/mirror/state/run-notes.js'
import { memoryStorage } from '../../helpers/memory-storage.js'

const RECORD: RunRecord = {
  command: 'mirror',
  startedAt: '2026-03-01T12:00:00.000Z',
  seconds: 1.5,
  ok: true,
  serial: 100,
  upstreamSerial: 101,
  projects: 7,
  synced: 1,
  files: 2,
  bytes: 3,
  filesRemoved: 4,
  removed: 5,
  failures: 6,
  warnings: 8,
  lastSuccess: '2026-03-01T12:00:01.500Z',
}

describe('the history', () => {
  it('is read as it was written', async () => {
    const storage = memoryStorage()
    expect(await loadHistory(storage)).toEqual([])
    const unknown = {
      ...RECORD,
      serial: undefined,
      upstreamSerial: undefined,
      projects: undefined,
      lastSuccess: undefined,
    }
    const first = await appendHistory(storage, [], RECORD)
    expect(await appendHistory(storage, first, unknown)).toEqual([RECORD, unknown])
    expect(await loadHistory(storage)).toEqual([RECORD, unknown])
  })

  it('keeps a thousand runs', async () => {
    const storage = memoryStorage()
    const before = Array.from({ length: 1000 }, (_, number) => ({ ...RECORD, synced: number }))
    const after = await appendHistory(storage, before, { ...RECORD, synced: 1000 })
    expect([after.length, after[0]?.synced, after.at(-1)?.synced]).toEqual([1000, 1, 1000])
    expect(await loadHistory(storage)).toEqual(after)
  })

  it('passes over what is no run, and takes 0 for what a run does not say', async () => {
    const storage = memoryStorage()
    const lines = [
      '{',
      '7',
      '{"command": 1, "startedAt": "2026-03-01T12:00:00Z"}',
      '{"command": "mirror", "startedAt": "yesterday"}',
      '{"command": "sync", "startedAt": "2026-03-01T12:00:00Z", "ok": "yes", "files": "many"}',
    ]
    await storage.write('.bandersnatch/history.jsonl', lines.join('\n'))
    expect(await loadHistory(storage)).toEqual([
      expect.objectContaining({ command: 'sync', ok: false, files: 0, seconds: 0, serial: undefined }),
    ])
  })
})

describe('the notes of a run', () => {
  it('are read as they were written', async () => {
    const storage = memoryStorage()
    const none = await loadNotes(storage)
    expect(none).toMatchObject({ shapes: {}, foreignKnown: false, unsettled: false, shape: undefined })
    const notes = {
      ...none,
      listEtag: '"1"',
      listCount: 3,
      listSerial: 4,
      upstreamSerial: 5,
      reconciledAt: 6,
      shape: 'a1',
      begunShape: 'b2',
      projectFilters: 'c3',
      begunProjectFilters: 'd4',
      shapes: { a1: { json: 'true' } },
      nextLook: 7,
      foreignKnown: true,
      unsettled: true,
      jsonApiAt: 'https://example.org',
      stateFiles: { status: ['v', '5'] as const },
      contentFilters: 'e5',
    }
    await saveNotes(storage, notes)
    expect(await loadNotes(storage)).toEqual(notes)
  })

  it('are not written again where they are the same', async () => {
    const storage = memoryStorage()
    const notes = await loadNotes(storage)
    await saveNotes(storage, notes, notes)
    expect(await storage.read('.bandersnatch/state.json')).toBeUndefined()
    await saveNotes(storage, { ...notes, listCount: 1 }, notes)
    expect((await loadNotes(storage)).listCount).toBe(1)
  })

  it.each(['{', '[]', '7', '{"listCount": "many", "shape": 1, "shapes": [], "stateFiles": {"a": 1, "b": ["v"]}}'])(
    'say nothing where they make no sense: %s',
    async (text) => {
      const storage = memoryStorage()
      const none = await loadNotes(storage)
      await storage.write('.bandersnatch/state.json', text)
      const read = await loadNotes(storage)
      expect({ ...read, stateFiles: undefined }).toEqual(none)
      expect(Object.keys(read.stateFiles ?? {})).toEqual([])
    },
  )

  it('keep the shapes and options that are texts', async () => {
    const storage = memoryStorage()
    await storage.write('.bandersnatch/state.json', '{"shapes": {"a1": {"json": "true", "x": 1}, "b2": 7}}')
    expect((await loadNotes(storage)).shapes).toEqual({ a1: { json: 'true' } })
  })
})
