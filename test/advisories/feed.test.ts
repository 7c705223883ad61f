import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from '../../src/advisories/advisory-index.js'
import { readFeed } from '../../src/advisories/feed.js'
import { InvalidDocumentError } from '../../src/errors.js'
import type { ZipEntry } from './support.js'
import { fileOf, record, temporaryDirectory, zipOf } from './support.js'

const MAL = ['MAL-']
const good = (id: string, name: string): ZipEntry => ({ name: `${id}.json`, text: record(id, name) })

describe('a database', () => {
  const records = [
    record('MAL-1', 'evil', { versions: ['1.0'] }),
    record('MAL-2', 'worse'),
    record('MAL-3', 'forgiven', {}, { withdrawn: '2026-01-01T00:00:00Z' }),
    record('GHSA-1', 'weak'),
  ]
  const counts = { records: 4, advisories: 2, withdrawn: 1, other: 1, unreadable: 0 }

  it('may be a file with one record a line', async () => {
    const feed = await readFeed(fileOf(`${records.join('\n')}\n\n`), MAL)
    expect(feed.counts).toEqual(counts)
    expect(createAdvisoryIndex(feed.table).projects()).toEqual(['evil', 'worse'])
    expect((await readFeed(fileOf(records.join('\r\n')), MAL)).table).toEqual(feed.table)
  })

  it('may be a directory with directories', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'a/b'), { recursive: true })
    for (const [index, text] of records.entries())
      writeFileSync(join(directory, index % 2 ? 'a/b' : '.', `r${index}.json`), text)
    writeFileSync(join(directory, 'README.md'), 'not a record')
    writeFileSync(join(directory, 'GHSA-2.json'), 'not looked at')
    expect((await readFeed(directory, MAL)).counts).toEqual({ ...counts, records: 5, other: 2 })
  })

  it.each([{}, { stored: true }, { streamed: true }])('may be an archive: %j', async (how) => {
    const entries = records.map((text, index) => ({ name: `r${index}.json`, text, ...how }))
    const feed = await readFeed(fileOf(zipOf([...entries, { name: 'more/', text: '', stored: true }])), MAL)
    expect(feed.counts).toEqual(counts)
    expect(createAdvisoryIndex(feed.table).blocking('evil', '1.0')).toEqual(['MAL-1'])
  })

  it('reads lines that lie across its chunks, and characters too', async () => {
    const long = Array.from({ length: 700 }, (_, n) => record(`MAL-${n}`, `evil-${n}`, {}, { details: 'ä'.repeat(n) }))
    const feed = await readFeed(fileOf(long.join('\n')), MAL)
    expect(feed.counts).toMatchObject({ advisories: 700, unreadable: 0 })
  })

  it('of some thousand records is read from an archive, whatever their order', async () => {
    const entries = Array.from({ length: 3000 }, (_, n) => good(`MAL-${n}`, `evil-${n}`))
    const feed = await readFeed(fileOf(zipOf([...entries.slice(1500), ...entries.slice(0, 1500)])), MAL)
    expect(feed.counts.advisories).toBe(3000)
    expect(createAdvisoryIndex(feed.table).blocking('evil-2999', '1')).toEqual(['MAL-2999'])
  })

  it('has no advisories when none of its records is wanted', async () => {
    const archive = fileOf(zipOf([{ name: 'GHSA-1.json', text: 'not looked at' }]))
    expect((await readFeed(archive, MAL)).counts).toMatchObject({ records: 1, advisories: 0, other: 1 })
  })

  it('is read with other ids when they are wanted', async () => {
    expect((await readFeed(fileOf(records.join('\n')), ['GHSA-', 'MAL-1'])).counts.advisories).toBe(2)
  })

  it('tells of records that it cannot read', async () => {
    const { counts: found, problems } = await readFeed(fileOf(`${records.join('\n')}\n{"id":`), MAL)
    expect(found.unreadable).toBe(1)
    expect(problems).toEqual(['line 5: it is not JSON'])
  })
})

describe('a database is refused', () => {
  const archives: readonly (readonly [string, readonly ZipEntry[], RegExp])[] = [
    ['a name that leads out', [good('MAL-1', 'a'), { name: '../x.json', text: '{}' }], /the name "\.\.\/x\.json"/],
    ['an absolute name', [{ name: '/etc/x.json', text: '{}' }], /the name "\/etc/],
    ['a name with a backslash', [{ name: 'a\\b.json', text: '{}' }], /the name/],
    ['a name with a NUL', [{ name: 'a\0.json', text: '{}' }], /the name/],
    ['another kind of file', [{ name: 'setup.exe', text: '{}' }], /the name "setup.exe"/],
    ['an entry of 1 GB', [{ name: 'a.json', text: ' '.repeat(1000), size: 2 ** 30 }], /has 1073741824 bytes/],
    ['an entry that is longer than it claims', [{ name: 'a.json', text: ' '.repeat(100_000), size: 10 }], /damaged/],
    ['an entry that is shorter than it claims', [{ name: 'a.json', text: '{}', size: 10 }], /damaged/],
    ['a wrong CRC', [{ name: 'a.json', text: '{}', crc: 1 }], /damaged/],
    ['a wrong CRC of a stored entry', [{ name: 'a.json', text: '{}', stored: true, crc: 1 }], /damaged/],
    ['an unknown method', [{ name: 'a.json', text: '{}', method: 12 }], /not supported/],
    [
      'entries that share their data',
      [
        good('MAL-1', 'a'),
        ...Array.from({ length: 9 }, (_, n) => ({ ...good('MAL-1', 'a'), name: `MAL-1${n}.json`, at: 0 })),
      ],
      /overlap/,
    ],
  ]
  it.each(archives)('for %s', async (_, entries, problem) => {
    const reading = readFeed(fileOf(zipOf(entries)), MAL)
    await expect(reading).rejects.toThrow(InvalidDocumentError)
    await expect(reading).rejects.toThrow(problem)
  })

  it('for an archive that is cut off', async () => {
    const whole = zipOf([good('MAL-1', 'a'), good('MAL-2', 'b')])
    for (const length of [2, 50, whole.length - 30, whole.length - 1]) {
      await expect(readFeed(fileOf(whole.subarray(0, length)), MAL)).rejects.toThrow(InvalidDocumentError)
    }
  })

  it('for a page of HTML', async () => {
    await expect(readFeed(fileOf('<html>\n<body>Not found</body>\n'), MAL)).rejects.toThrow(
      /not a database of OSV records/,
    )
  })

  it('without any record', async () => {
    for (const path of [fileOf(''), temporaryDirectory(), fileOf(zipOf([]))]) {
      await expect(readFeed(path, MAL)).rejects.toThrow(/it has no records/)
    }
  })

  it('for a line without an end', async () => {
    await expect(readFeed(fileOf(Buffer.alloc(9 * 1024 * 1024, 'x')), MAL)).rejects.toThrow(/too long/)
  })
})
