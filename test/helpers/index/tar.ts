import { crc32, gunzipSync } from 'node:zlib'
import type { Body } from './types.js'
import type { Member } from './zip.js'

const BLOCK = 512
const MAX_ARCHIVE = 1024 * 1024 * 1024
// 2024-01-01T00:00:00Z
const MTIME = 1704067200

/** A tar.gz archive (ustar). It is packed without compression, which differs between versions of zlib. */
export function writeTarGz(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(([path, bytes]) => [tarHeader(path, bytes.length), bytes, padding(bytes.length)])
  return storedGzip(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]))
}

/**
 * The first regular member of a tar.gz archive whose path matches; undefined where there is none.
 *
 * @throws Error when the bytes are no gzip
 */
export function readTarGzMember(archive: Body, path: RegExp): Buffer | undefined {
  const tar = gunzipSync(archive.read(0, archive.size), { maxOutputLength: MAX_ARCHIVE })
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const size = parseInt(text(tar, at + 124, 12), 8)
    if (!(size >= 0)) throw new Error('damaged tar header')
    const prefix = text(tar, at + 257, 5) === 'ustar' ? text(tar, at + 345, 155) : ''
    const name = text(tar, at, 100)
    const regular = tar[at + 156] === 0x30 || tar[at + 156] === 0
    const start = at + BLOCK
    if (regular && path.test(prefix === '' ? name : `${prefix}/${name}`)) return tar.subarray(start, start + size)
    at = start + Math.ceil(size / BLOCK) * BLOCK
  }
  return undefined
}

function text(tar: Buffer, start: number, length: number): string {
  return tar.toString('utf8', start, start + length).replace(/\0[^]*$/, '')
}

function tarHeader(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for a ustar header`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')
  header.write(path, 0)
  header.write(octal(0o644, 7), 100)
  header.write(octal(0, 7), 108) // owner
  header.write(octal(0, 7), 116) // group
  header.write(octal(size, 11), 124)
  header.write(octal(MTIME, 11), 136)
  header.write(' '.repeat(8), 148) // the checksum counts itself as spaces
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return header
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

/** gzip (RFC 1952) around deflate's stored blocks (RFC 1951, 3.2.4). */
function storedGzip(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])]
  for (let at = 0; at < bytes.length; at += 0xffff) {
    const piece = bytes.subarray(at, at + 0xffff)
    const head = Buffer.alloc(5)
    head[0] = at + 0xffff >= bytes.length ? 1 : 0 // the last one
    head.writeUInt16LE(piece.length, 1)
    head.writeUInt16LE(piece.length ^ 0xffff, 3)
    parts.push(head, piece)
  }
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(bytes), 0)
  tail.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([...parts, tail])
}
