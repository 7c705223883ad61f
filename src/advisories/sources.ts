import { createReadStream, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { InvalidDocumentError } from '../errors.js'
import { isWanted } from './record.js'
import type { RawRecord } from './types.js'

/** Bytes of the largest record that is read. The largest real ones have some 100 kB. */
export const LARGEST_RECORD = 8 * 1024 * 1024

/** Records, some hundred at a time: single ones through an asynchronous iterator would cost more than parsing them. */
export type RecordBatches = AsyncIterable<readonly RawRecord[]>

const BATCH = 256
const PREFIXED = /^[A-Z][A-Z0-9]*-/

/**
 * Whether a file cannot hold a wanted record: OSV names files by the id. A name without such a prefix says nothing.
 * @param path below the database
 */
export function isSkipped(path: string, prefixes: readonly string[]): boolean {
  const name = basename(path)
  return PREFIXED.test(name) && !isWanted(name, prefixes)
}

/** The records in a directory and below, one a file. @throws the file system's errors */
export async function* readDirectory(directory: string, prefixes: readonly string[]): RecordBatches {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
  for (let at = 0; at < files.length; at += BATCH) {
    const batch = files.slice(at, at + BATCH)
    yield batch.map((name) => ({ name, text: isSkipped(name, prefixes) ? undefined : readFileSync(name, 'utf8') }))
  }
}

/** The records in a file that has one a line. @throws InvalidDocumentError for a line that is too long */
export async function* readLines(path: string): RecordBatches {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    const { lines, left } = splitLines(Buffer.concat([rest, asBytes(chunk)]))
    rest = left
    if (rest.length > LARGEST_RECORD) throw new InvalidDocumentError(`${path}: line ${number + 1} is too long`)
    yield lines.map((text) => ({ name: `line ${++number}`, text })).filter(({ text }) => text.trim() !== '')
  }
  const text = rest.toString('utf8')
  if (text.trim() !== '') yield [{ name: `line ${number + 1}`, text }]
}

function asBytes(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  throw new TypeError('a stream of bytes gave something else')
}

/** Each line as a text of its own: parts of one large text would keep it in memory. */
function splitLines(bytes: Buffer): { lines: string[]; left: Buffer } {
  const lines: string[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.toString('utf8', start, end))
    start = end + 1
  }
  return { lines, left: bytes.subarray(start) }
}
