import { InvalidDocumentError } from '../../errors.js'

/** Takes bytes from a stream: at most as many as are asked for, fewer only at its end. */
export interface ByteSource {
  take(length: number): Promise<Buffer>
  /** Passes over bytes; at the end of the stream over none. */
  skip(length: number): Promise<void>
}

const BLOCK = 512
/** Names in front of an entry that are longer are passed over: no installer's path is. */
const LONGEST_NAME = 64 * 1024

/**
 * The contents of the first regular file in a tar archive for each kind of path; reading ends when each kind was found.
 * Understands ustar, pax and GNU names.
 * @param kindOf what kind of wanted file a path is; undefined for the others
 * @param rules all kinds, and the most bytes that a file may have
 * @throws InvalidDocumentError if the archive is damaged or such a file is larger
 */
export async function findInTar<K>(
  source: ByteSource,
  kindOf: (path: string) => K | undefined,
  { kinds, limit }: { readonly kinds: readonly K[]; readonly limit: number },
): Promise<Map<K, Buffer>> {
  const found = new Map<K, Buffer>()
  let longName: string | undefined
  while (found.size < kinds.length) {
    const header = await source.take(BLOCK)
    if (header.length < BLOCK || header.every((byte) => byte === 0)) break
    if (!hasChecksum(header)) throw new InvalidDocumentError('not a tar archive that can be read: a header is damaged')
    const size = numberAt(header, 124, 12)
    const padded = Math.ceil(size / BLOCK) * BLOCK
    const type = String.fromCharCode(header[156] ?? 0)
    if ((type === 'L' || type === 'x') && size <= LONGEST_NAME) {
      const bytes = (await source.take(padded)).subarray(0, size)
      longName = (type === 'L' ? textAt(bytes, 0, size) : paxPath(bytes)) ?? longName
      continue
    }
    const path = longName ?? nameOf(header)
    if (type !== 'L' && type !== 'x' && type !== 'g') longName = undefined
    const kind = type === '0' || type === '\0' ? kindOf(path) : undefined
    if (kind !== undefined && !found.has(kind)) {
      if (size > limit)
        throw new InvalidDocumentError(`${JSON.stringify(path)} has ${size} bytes; at most ${limit} are read`)
      found.set(kind, await takeFile(source, path, size))
      await source.skip(padded - size)
      continue
    }
    await source.skip(padded)
  }
  return found
}

async function takeFile(source: ByteSource, path: string, size: number): Promise<Buffer> {
  const content = await source.take(size)
  if (content.length < size) throw new InvalidDocumentError(`the archive ends within ${JSON.stringify(path)}`)
  return content
}

function nameOf(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textAt(header, 345, 155) : ''
  return (prefix === '' ? '' : `${prefix}/`) + textAt(header, 0, 100)
}

function textAt(bytes: Buffer, start: number, length: number): string {
  const text = bytes.toString('utf8', start, start + length)
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

/** Octal digits, or for large numbers the bytes themselves behind a first one of 0x80. */
function numberAt(header: Buffer, start: number, length: number): number {
  if (((header[start] ?? 0) & 0x80) !== 0) {
    const value = header.subarray(start + 1, start + length).reduce((sum, byte) => sum * 256 + byte, 0)
    return Math.min(value, Number.MAX_SAFE_INTEGER)
  }
  const digits = textAt(header, start, length).trim()
  if (!/^[0-7]*$/.test(digits)) throw new InvalidDocumentError('not a tar archive that can be read: a size is damaged')
  return digits === '' ? 0 : parseInt(digits, 8)
}

function hasChecksum(header: Buffer): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
  return numberAt(header, 148, 8) === sum
}

/** A pax record is `LENGTH KEY=VALUE\n`. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html */
function paxPath(bytes: Buffer): string | undefined {
  for (let at = 0; at < bytes.length;) {
    const length = Number(/^(\d{1,6}) /.exec(bytes.toString('latin1', at, at + 8))?.[1] ?? 0)
    if (length < 5) return undefined
    const [, key, value] = /^\d+ ([^=]*)=([^]*)\n$/.exec(bytes.toString('utf8', at, at + length)) ?? []
    if (key === 'path') return value
    at += length
  }
  return undefined
}
