import { InvalidDocumentError } from '../../errors.js'
import type { RandomAccess } from './random-access.js'

/** One file of a zip archive, as the central directory has it. */
export interface ZipEntry {
  readonly name: string
  readonly isEncrypted: boolean
  /** 0: stored, 8: deflated; others are not read */
  readonly method: number
  readonly crc32: number
  readonly compressedSize: number
  readonly size: number
  /** of the local header, from the start of the file */
  readonly offset: number
}

/** The record at the end is 22 bytes and a comment of at most 65535. */
export const LONGEST_END = 22 + 0xffff
/** A directory of 100,000 files takes about 10 MB. */
const LARGEST_DIRECTORY = 64 * 1024 * 1024
const END = 0x06054b50
const ZIP64_LOCATOR = 0x07064b50
const ZIP64_END = 0x06064b50
const ENTRY = 0x02014b50

interface Directory {
  readonly offset: number
  readonly size: number
  /** where it ends: at the first of the records that follow it */
  readonly end: number
}

/**
 * Reads the central directory, also one with ZIP64 records. As in Python what stands before the archive is passed over.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @throws InvalidDocumentError if the file is not a zip archive, or if its offsets contradict its size
 */
export async function readZipDirectory(file: RandomAccess): Promise<ZipEntry[]> {
  const directory = await locate(file)
  if (directory.size > LARGEST_DIRECTORY) throw bad(`its directory has ${directory.size} bytes`)
  const start = directory.end - directory.size
  const shift = start - directory.offset
  if (start < 0 || shift < 0) throw bad('its directory lies beyond the file')
  const bytes = await file.read(start, directory.size)
  const entries: ZipEntry[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== ENTRY) throw bad('its directory is damaged')
    const length = 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    if (at + length > bytes.length) throw bad('its directory is damaged')
    entries.push(readEntry(bytes.subarray(at, at + length), shift))
    at += length
  }
  return entries
}

async function locate(file: RandomAccess): Promise<Directory> {
  const length = Math.min(file.size, LONGEST_END)
  const tail = await file.read(file.size - length, length)
  const at = findEnd(tail)
  const end = file.size - length + at
  const record = tail.subarray(at)
  const [count, size, offset] = [record.readUInt16LE(10), record.readUInt32LE(12), record.readUInt32LE(16)]
  const isZip64 = count === 0xffff || size === 0xffffffff || offset === 0xffffffff
  return (isZip64 ? await locateZip64(file, end) : undefined) ?? { size, offset, end }
}

/** The last record that fits: one whose comment ends where the file does, else one with bytes behind it. */
function findEnd(tail: Buffer): number {
  let fallback: number | undefined
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue
    const stop = at + 22 + tail.readUInt16LE(at + 20)
    if (stop === tail.length) return at
    if (stop < tail.length) fallback ??= at
  }
  if (fallback === undefined) throw bad('it does not end as one')
  return fallback
}

/** undefined where there is no such record: then the large numbers of the short one are meant. */
async function locateZip64(file: RandomAccess, end: number): Promise<Directory | undefined> {
  if (end < 76) return undefined
  const locator = await file.read(end - 20, 20)
  if (locator.readUInt32LE(0) !== ZIP64_LOCATOR) return undefined
  // The offset in the locator does not count what stands before the archive; the record lies right before it.
  const record = await file.read(end - 76, 56)
  if (record.readUInt32LE(0) !== ZIP64_END) throw bad('its ZIP64 records are damaged')
  return { size: toNumber(record.readBigUInt64LE(40)), offset: toNumber(record.readBigUInt64LE(48)), end: end - 76 }
}

function readEntry(bytes: Buffer, shift: number): ZipEntry {
  const nameEnd = 46 + bytes.readUInt16LE(28)
  const flags = bytes.readUInt16LE(8)
  const name = bytes.subarray(46, nameEnd).toString((flags & 0x800) === 0 ? 'latin1' : 'utf8')
  const extra = bytes.subarray(nameEnd, nameEnd + bytes.readUInt16LE(30))
  const short = { size: bytes.readUInt32LE(24), compressedSize: bytes.readUInt32LE(20), offset: bytes.readUInt32LE(42) }
  const { size, compressedSize, offset } = withZip64(short, extra)
  return {
    name,
    isEncrypted: (flags & 1) !== 0,
    method: bytes.readUInt16LE(10),
    crc32: bytes.readUInt32LE(16),
    ...{ size, compressedSize, offset: offset + shift },
  }
}

interface Numbers {
  readonly size: number
  readonly compressedSize: number
  readonly offset: number
}

/** The ZIP64 field has, in this order, those of the numbers that do not fit into 32 bits. */
function withZip64(numbers: Numbers, extra: Buffer): Numbers {
  let field: Buffer | undefined
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
  }
  let at = 0
  const next = (short: number): number => {
    if (short !== 0xffffffff || field === undefined) return short
    if (at + 8 > field.length) throw bad('its ZIP64 numbers are damaged')
    at += 8
    return toNumber(field.readBigUInt64LE(at - 8))
  }
  const size = next(numbers.size)
  const compressedSize = next(numbers.compressedSize)
  return { size, compressedSize, offset: next(numbers.offset) }
}

function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('an offset lies beyond the file')
  return Number(value)
}

function bad(why: string): InvalidDocumentError {
  return new InvalidDocumentError(`not a zip archive that can be read: ${why}`)
}
