import { describe, expect, it } from 'vitest'
import {
  commitStatus,
  loadState,
  parseTodo,
  rememberedFiles,
  writeTodo,
} from '../../../src/mirror/state/status-files.js'
import type { StorageProperties } from '../../../src/storage/types.js'
import { memoryPlace, memoryStorage } from '../../helpers/memory-storage.js'
import { recorder } from '../../upstream/support.js'

const log = recorder()

function bench(files: Record<string, string> = {}, properties?: StorageProperties) {
  const place = memoryPlace()
  for (const [key, body] of Object.entries(files)) place.files.set(key, { body: Buffer.from(body), time: 0 })
  const texts = (): Record<string, string> =>
    Object.fromEntries([...place.files].map(([key, { body }]): [string, string] => [key, body.toString()]).sort())
  return { storage: memoryStorage(place, properties), place, texts }
}

describe('parseTodo', () => {
  it('reads a serial and lines of name and serial', () => {
    expect(parseTodo('12\na 1\nFoo.Bar 22')).toEqual({
      target: 12,
      projects: new Map([
        ['a', 1],
        ['Foo.Bar', 22],
      ]),
    })
    expect(parseTodo(' +12 \r\na\t1 \r\n')).toEqual({ target: 12, projects: new Map([['a', 1]]) })
    expect(parseTodo('12\n')).toEqual({ target: 12, projects: new Map() })
    expect(parseTodo('12')).toEqual({ target: 12, projects: new Map() })
    expect(parseTodo('12\ra 1')).toEqual({ target: 12, projects: new Map([['a', 1]]) })
  })

  it('reads a name with a space as one name', () => {
    expect(parseTodo('12\nFoo Bar 3\nb 1')?.projects).toEqual(
      new Map([
        ['Foo Bar', 3],
        ['b', 1],
      ]),
    )
  })

  it.each(['', 'x', '1.5', '12\na', '12\na b', '12\na 1 b', '12\n\na 1', '12\na 1\n\n', '1234567890123456'])(
    'does not guess what %j means',
    (text) => {
      expect(parseTodo(text)).toBeUndefined()
    },
  )
})

describe('writeTodo', () => {
  it('leaves out names that would be read as more than one line or field', async () => {
    const { storage, texts } = bench({})
    await writeTodo(storage, {
      target: 5,
      projects: new Map([
        ['a b', 1],
        ['c\nd', 2],
        ['e', 3],
      ]),
    })
    expect(texts()).toEqual({ todo: '5\ne 3' })
  })
})

describe('loadState', () => {
  it('reads what 8.0 wrote, and what this program writes', async () => {
    const { storage } = bench({ generation: '5', status: '100\n' })
    expect(await loadState(storage, log)).toEqual({ status: 100, todo: undefined })
    const todo = { target: 110, projects: new Map([['a', 109]]) }
    await writeTodo(storage, todo)
    expect(await loadState(storage, log)).toEqual({ status: 100, todo })
  })

  it('starts over where the generation is missing, old or unreadable', async () => {
    for (const files of [{}, { generation: '4' }, { generation: 'five' }]) {
      const { storage, texts } = bench({ ...files, status: '100', todo: '110\na 1' })
      expect(await loadState(storage, log)).toEqual({ status: undefined, todo: undefined })
      expect(texts()).toEqual({ generation: '5' })
    }
  })

  it('changes nothing in a dry run', async () => {
    const { storage, texts } = bench({ generation: '4', status: '100', todo: 'damaged' })
    const before = texts()
    expect(await loadState(storage, log, { readOnly: true })).toEqual({ status: undefined, todo: undefined })
    expect(texts()).toEqual(before)
  })

  it.each(['1', '6'])('refuses generation %s', async (generation) => {
    await expect(loadState(bench({ generation }).storage, log)).rejects.toThrow(`says ${generation}`)
  })

  it('refuses a status that is not a serial', async () => {
    const { storage } = bench({ generation: '5', status: 'many' })
    await expect(loadState(storage, log)).rejects.toThrow(/does not hold a serial but "many"/)
  })

  it('removes a todo that cannot be read, and says so', async () => {
    const { storage, texts } = bench({ generation: '5', status: '100', todo: '110\na' })
    expect(await loadState(storage, log)).toEqual({ status: 100, todo: undefined })
    expect(texts()).not.toHaveProperty('todo')
    expect(log.lines.at(-1)).toContain('it is inconsistent')
  })

  it('goes by what the last run left where the storage says that it is the same', async () => {
    const version = (key: string): string => `version of ${key}`
    const { storage, place } = bench({ generation: '5', status: '100' }, { metered: false, version })
    const remembered = rememberedFiles(storage, 100)
    expect(remembered).toEqual({ status: ['version of status', '100'], generation: ['version of generation', '5'] })
    place.files.set('status', { body: Buffer.from('200'), time: 0 })
    expect((await loadState(storage, log, { remembered })).status).toBe(100)
    const other = { ...remembered, status: ['another', '100'] as const }
    expect((await loadState(storage, log, { remembered: other })).status).toBe(200)
    expect(rememberedFiles(bench().storage, 100)).toEqual({})
  })
})

describe('commitStatus', () => {
  const startedAt = new Date('2026-03-01T12:34:56.789Z')

  it('ends the run: serial and time are written, todo and journal go', async () => {
    const { storage, texts } = bench({ status: '90', todo: '100', '.bandersnatch/journal': 'x' })
    await commitStatus(storage, { serial: 100, startedAt, before: 90 })
    expect(texts()).toEqual({ status: '100', 'web/last-modified': '20260301T12:34:56\n' })
  })

  it('writes an unchanged serial again, unless the storage tells versions', async () => {
    const plain = bench()
    await commitStatus(plain.storage, { serial: 100, startedAt, before: 100 })
    expect(plain.texts()).toHaveProperty('status', '100')
    const versioned = bench({}, { metered: true, version: () => 'v' })
    await commitStatus(versioned.storage, { serial: 100, startedAt, before: 100 })
    expect(versioned.texts()).not.toHaveProperty('status')
    await commitStatus(versioned.storage, { serial: 101, startedAt, before: 100 })
    expect(versioned.texts()).toHaveProperty('status', '101')
  })
})
