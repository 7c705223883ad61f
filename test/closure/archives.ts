import { crc32, deflateRawSync } from 'node:zlib'

/** A file for an archive; the other fields are lies about it. */
export interface Packed {
  readonly name: string
  readonly data: string | Buffer
  readonly method?: number
  readonly flags?: number
  readonly size?: number
  readonly crc?: number
  readonly offset?: number
  readonly isZip64?: boolean
}

interface ZipOptions {
  readonly isZip64?: boolean
  readonly comment?: string
  readonly directoryOffset?: number
  readonly directorySize?: number
}

/** A zip archive made by hand. */
export function zip(files: readonly Packed[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const file of files) {
    const data = Buffer.from(file.data)
    const method = file.method ?? 8
    const packed = method === 8 ? deflateRawSync(data) : data
    const name = Buffer.from(file.name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(file.flags ?? 0, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(file.crc ?? crc32(data), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(file.size ?? data.length, 18)
    common.writeUInt16LE(name.length, 22)
    parts.push(Buffer.from('PK\x03\x04'), common, name, packed)
    directory.push(entryOf(common, name, { ...file, offset: file.offset ?? at }))
    at += 30 + name.length + packed.length
  }
  const central = Buffer.concat(directory)
  const size = options.directorySize ?? central.length
  const offset = options.directoryOffset ?? at
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(options.isZip64 ? 0xffffffff : size, 12)
  end.writeUInt32LE(options.isZip64 ? 0xffffffff : offset, 16)
  end.writeUInt16LE(options.comment?.length ?? 0, 20)
  const zip64 = options.isZip64 ? zip64End(size, offset) : Buffer.alloc(0)
  return Buffer.concat([...parts, central, zip64, end, Buffer.from(options.comment ?? '', 'latin1')])
}

function entryOf(common: Buffer, name: Buffer, { offset = 0, isZip64 }: Packed): Buffer {
  const extra = Buffer.alloc(isZip64 ? 12 : 0)
  const rest = Buffer.alloc(16)
  if (isZip64) {
    extra.writeUInt16LE(1, 0)
    extra.writeUInt16LE(8, 2)
    extra.writeBigUInt64LE(BigInt(offset), 4)
  }
  const head = Buffer.from(common)
  head.writeUInt16LE(extra.length, 24)
  rest.writeUInt32LE(isZip64 ? 0xffffffff : offset, 12)
  return Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), head, rest.subarray(2), name, extra])
}

function zip64End(size: number, offset: number): Buffer {
  const record = Buffer.alloc(76)
  record.write('PK\x06\x06', 'latin1')
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(BigInt(size), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  record.write('PK\x06\x07', 56, 'latin1')
  return record
}

interface TarFile {
  readonly name: string
  readonly data: string | Buffer
  readonly type?: string
  readonly longName?: 'pax' | 'gnu'
}

/** A tar archive made by hand. */
export function tar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ name, data, type = '0', longName }) => {
    const own = member(name.slice(0, 99), Buffer.from(data), type)
    if (longName === 'gnu') return [member('././@LongLink', Buffer.from(`${name}\0`), 'L'), own]
    if (longName === undefined) return [own]
    const body = ` path=${name}\n`
    const length = body.length + String(body.length + 3).length
    return [member('PaxHeaders/x', Buffer.from(`11 ctime=1\n${length}${body}`), 'x'), own]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

function member(name: string, data: Buffer, type: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write(data.length.toString(8).padStart(11, '0'), 124)
  header.write(`        ${type}ustar\0${'00'}`, 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)])
}
