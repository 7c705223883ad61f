import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll } from 'vitest'
import type { AdvisoryIndex } from '../../src/advisories/advisory-index.js'
import { createAdvisoryIndex, createTableBuilder } from '../../src/advisories/advisory-index.js'
import { parseRecord } from '../../src/advisories/record.js'

const directories: string[] = []
afterAll(() => {
  for (const each of directories.splice(0)) rmSync(each, { recursive: true })
})

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'advisories-'))
  directories.push(directory)
  return directory
}

export function fileOf(content: string | Uint8Array, name = 'database'): string {
  const path = join(temporaryDirectory(), name)
  writeFileSync(path, content)
  return path
}

/** A record about one project. `affected` replaces fields of its only entry. */
export function record(
  id: string,
  name: string,
  affected: Readonly<Record<string, unknown>> = {},
  changes: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    schema_version: '1.7.4',
    id,
    modified: '2026-01-01T00:00:00Z',
    details: 'A text that nobody keeps.',
    affected: [{ package: { ecosystem: 'PyPI', name }, ...affected }],
    ...changes,
  })
}

/** The index of these records. */
export function indexOf(records: readonly string[], ignore: readonly string[] = []): AdvisoryIndex {
  const builder = createTableBuilder()
  for (const text of records) {
    const parsed = parseRecord({ name: 'here', text }, ['MAL-'])
    if (parsed.kind === 'advisory') for (const each of parsed.projects) builder.add(each)
  }
  return createAdvisoryIndex(builder.finish(), ignore)
}

/** One entry of an archive, with what its headers should claim instead of the truth. */
export interface ZipEntry {
  readonly name: string
  readonly text: string
  readonly stored?: boolean
  readonly size?: number
  readonly crc?: number
  readonly method?: number
  /** the entry whose data this one claims for itself, too */
  readonly at?: number
  /** checksum and sizes behind the data and not before it, as programs write that do not go back */
  readonly streamed?: boolean
}

/** A zip archive: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  const offsets: number[] = []
  let offset = 0
  for (const { name, text, stored = false, at, streamed = false, ...claims } of entries) {
    const data = stored ? Buffer.from(text) : deflateRawSync(text)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(claims.method ?? (stored ? 0 : 8), 4)
    fields.writeUInt32LE(claims.crc ?? crc32(text), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(claims.size ?? Buffer.byteLength(text), 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const descriptor = Buffer.concat([Buffer.from('PK\x07\x08'), fields.subarray(10, 22)])
    if (streamed) fields.writeUInt16LE(8, 2)
    const header = Buffer.from(fields)
    if (streamed) header.fill(0, 10, 22)
    const start = [Buffer.from('PK\x03\x04'), header, Buffer.from(name), data]
    const local = Buffer.concat(streamed ? [...start, descriptor] : start)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(at === undefined ? offset : (offsets[at] ?? 0), 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, place, Buffer.from(name)]))
    offsets.push(offset)
    if (at !== undefined) continue
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
