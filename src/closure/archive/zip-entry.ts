import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { InvalidDocumentError } from '../../errors.js'
import type { RandomAccess } from './random-access.js'
import type { ZipEntry } from './zip-directory.js'

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw)
const LOCAL = 0x04034b50
/** The local header without name and extra fields. */
const HEADER = 30
const USUAL_EXTRA = 128

/**
 * The content of one file of a zip archive.
 * @param limit the most bytes that it may have, compressed or not
 * @throws InvalidDocumentError if it is larger, encrypted, damaged, or not where the directory says
 */
export async function readZipEntry(file: RandomAccess, entry: ZipEntry, limit: number): Promise<Buffer> {
  const bad = (why: string, cause?: unknown): InvalidDocumentError =>
    new InvalidDocumentError(`${JSON.stringify(entry.name)} in the archive cannot be read: ${why}`, { cause })
  if (entry.isEncrypted) throw bad('it is encrypted')
  if (entry.method !== 0 && entry.method !== 8) throw bad(`its compression method is ${entry.method}`)
  if (entry.size > limit || entry.compressedSize > limit)
    throw bad(`it has ${entry.size} bytes; at most ${limit} are read`)
  // One read for the local header and the data behind it, whose extra fields are short.
  const guess = Math.min(HEADER + entry.name.length + USUAL_EXTRA + entry.compressedSize, file.size - entry.offset)
  const near = guess < HEADER ? Buffer.alloc(HEADER) : await file.read(entry.offset, guess)
  if (near.readUInt32LE(0) !== LOCAL) throw bad('it is not where the directory says')
  const start = HEADER + near.readUInt16LE(26) + near.readUInt16LE(28)
  const end = start + entry.compressedSize
  const stored =
    end <= near.length ? near.subarray(start, end) : await file.read(entry.offset + start, entry.compressedSize)
  let content = stored
  if (entry.method === 8) {
    try {
      content = await inflate(stored, { maxOutputLength: Math.max(1, entry.size) })
    } catch (error) {
      throw bad('its compressed data are damaged', error)
    }
  }
  if (content.length !== entry.size || crc32(content) !== entry.crc32) throw bad('its size or checksum is wrong')
  return content
}
