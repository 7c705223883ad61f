import { crc32, inflateRawSync } from 'node:zlib'
import type { Body } from './types.js'

/** A member of an archive: path and contents. */
export type Member = readonly [string, Buffer]

// 2024-01-01 00:00:00 in MS-DOS form: the same members give the same bytes on every day
const TIME = 0
const DATE = ((2024 - 1980) << 9) | (1 << 5) | 1
const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_SIZE = 22
const MAX_MEMBER = 64 * 1024 * 1024

/** A zip archive. Members are stored, as what deflate makes differs between versions of zlib. */
export function writeZip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [path, bytes] of members) {
    const name = Buffer.from(path)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0) // version needed
    common.writeUInt16LE(0x0800, 2) // names are UTF-8
    common.writeUInt16LE(TIME, 6)
    common.writeUInt16LE(DATE, 8)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(bytes.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([uint32(LOCAL), common, name, bytes])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(0o100644 * 0x10000, 6) // mode
    rest.writeUInt32LE(offset, 10)
    directory.push(uint32(CENTRAL), uint16(0x0314), common, rest, name)
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(END_SIZE)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, central, end])
}

/**
 * The first member of a zip archive whose path matches; undefined where there is none.
 *
 * @throws Error when the bytes are no zip archive, or one with zip64 or another method than deflate
 */
export function readZipMember(archive: Body, path: RegExp): Buffer | undefined {
  const tail = archive.read(Math.max(0, archive.size - END_SIZE - 0xffff), archive.size)
  const at = tail.lastIndexOf(uint32(END))
  if (at < 0) throw new Error('no zip archive')
  const count = tail.readUInt16LE(at + 10)
  const start = tail.readUInt32LE(at + 16)
  if (count === 0xffff || start === 0xffffffff) throw new Error('zip64 is not supported')
  const directory = archive.read(start, start + tail.readUInt32LE(at + 12))
  for (let i = 0, entry = 0; i < count; i++) {
    if (directory.readUInt32LE(entry) !== CENTRAL) throw new Error('damaged zip directory')
    const nameEnd = entry + 46 + directory.readUInt16LE(entry + 28)
    if (path.test(directory.toString('utf8', entry + 46, nameEnd))) return memberAt(archive, directory, entry)
    entry = nameEnd + directory.readUInt16LE(entry + 30) + directory.readUInt16LE(entry + 32)
  }
  return undefined
}

function memberAt(archive: Body, directory: Buffer, entry: number): Buffer {
  const method = directory.readUInt16LE(entry + 10)
  const offset = directory.readUInt32LE(entry + 42)
  const header = archive.read(offset, offset + 30)
  const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  const packed = archive.read(start, start + directory.readUInt32LE(entry + 20))
  if (method === 0) return packed
  if (method === 8) return inflateRawSync(packed, { maxOutputLength: MAX_MEMBER })
  throw new Error(`zip method ${method} is not supported`)
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
