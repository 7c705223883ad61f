import { InvalidDocumentError } from '../../errors.js'

/** A file of which any part can be read, such as one behind an HTTP server that answers ranges. */
export interface RandomAccess {
  /** bytes */
  readonly size: number
  /** Exactly these bytes. The caller stays within the size. */
  read(offset: number, length: number): Promise<Buffer>
}

/** A whole file in memory. */
export function bytesInMemory(bytes: Buffer): RandomAccess {
  return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) }
}

/**
 * The same file, whose end is read once and then answers for what lies within it.
 * @throws InvalidDocumentError for a part that lies beyond the file, or where fewer bytes come than asked for
 */
export async function withEndRead(file: RandomAccess, length: number): Promise<RandomAccess> {
  const start = Math.max(0, file.size - length)
  const read = async (offset: number, count: number): Promise<Buffer> => {
    if (offset < 0 || count < 0 || offset + count > file.size)
      throw new InvalidDocumentError('an offset lies beyond the file')
    const bytes = await file.read(offset, count)
    if (bytes.length !== count) throw new InvalidDocumentError(`${bytes.length} bytes came instead of ${count}`)
    return bytes
  }
  const end = await read(start, file.size - start)
  return {
    size: file.size,
    read: async (offset, count) =>
      offset >= start && offset + count <= file.size
        ? end.subarray(offset - start, offset - start + count)
        : read(offset, count),
  }
}
