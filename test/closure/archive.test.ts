import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesInMemory } from '../../src/closure/archive/random-access.js'
import type { RandomAccess } from '../../src/closure/archive/random-access.js'
import { readTarSdist, readZipSdist } from '../../src/closure/archive/sdist-metadata.js'
import { readWheelMetadata } from '../../src/closure/archive/wheel-metadata.js'
import { InvalidDocumentError } from '../../src/errors.js'
import { tar, zip } from './archives.js'

const METADATA = 'Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n'
const PATH = 'foo_bar-1.0.dist-info/METADATA'

const read = async (wheel: Buffer): Promise<string> =>
  (await readWheelMetadata(bytesInMemory(wheel), 'foo-bar')).toString()

/** Counts the reads and the bytes that come. */
function counted(bytes: Buffer): RandomAccess & { reads: number; bytes: number } {
  const file = {
    ...{ size: bytes.length, reads: 0, bytes: 0 },
    read: async (offset: number, length: number): Promise<Buffer> => {
      file.reads++
      file.bytes += length
      return bytes.subarray(offset, offset + length)
    },
  }
  return file
}

describe('METADATA of a wheel', () => {
  it.each([0, 8])('is read where its compression method is %i', async (method) => {
    expect(
      await read(
        zip([
          { name: 'foo/x.py', data: 'x' },
          { name: PATH, data: METADATA, method },
        ]),
      ),
    ).toBe(METADATA)
  })

  it('is read from a ZIP64 archive, behind a prefix, and before a comment', async () => {
    const files = [{ name: PATH, data: METADATA, isZip64: true }]
    expect(await read(zip(files, { isZip64: true }))).toBe(METADATA)
    expect(await read(Buffer.concat([Buffer.from('#!/bin/sh\n'), zip(files)]))).toBe(METADATA)
    expect(await read(Buffer.concat([Buffer.from('#!/bin/sh\n'), zip(files, { isZip64: true })]))).toBe(METADATA)
    expect(await read(zip(files, { comment: 'x'.repeat(65_535) }))).toBe(METADATA)
    expect(await read(zip(files, { comment: 'PK\x05\x06'.repeat(20) }))).toBe(METADATA)
  })

  it('takes one read of the end of the wheel, or three for one with many files', async () => {
    const big = { name: 'foo/big.so', data: Buffer.alloc(200_000, 1), method: 0 }
    const small = counted(zip([big, { name: PATH, data: METADATA }]))
    expect((await readWheelMetadata(small, 'foo.bar')).toString()).toBe(METADATA)
    expect([small.reads, small.bytes]).toEqual([1, 65_557])
    const many = Array.from({ length: 3000 }, (_, i) => ({ name: `foo/${i}.py`, data: '' }))
    const large = counted(zip([{ name: PATH, data: METADATA }, big, ...many]))
    expect((await readWheelMetadata(large, 'foo_bar')).toString()).toBe(METADATA)
    expect(large.reads).toBe(3)
    expect(large.bytes).toBeLessThan(300_000)
  })

  const refused: [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /does not end as one/],
    ['no .dist-info', zip([{ name: 'foo/x.py', data: 'x' }]), /no \.dist-info/],
    [
      'two .dist-info',
      zip([
        { name: PATH, data: METADATA },
        { name: 'foo_bar-2.dist-info/METADATA', data: 'x' },
      ]),
      /2 \.dist-info/,
    ],
    [
      'METADATA twice',
      zip([
        { name: PATH, data: METADATA },
        { name: PATH, data: 'x' },
      ]),
      /twice/,
    ],
    ['another project', zip([{ name: 'other-1.0.dist-info/METADATA', data: METADATA }]), /not of foo-bar/],
    ['no METADATA', zip([{ name: 'foo_bar-1.0.dist-info/WHEEL', data: 'x' }]), /no foo_bar-1\.0\.dist-info\/METADATA/],
    ['encryption', zip([{ name: PATH, data: METADATA, flags: 1 }]), /encrypted/],
    ['another compression', zip([{ name: PATH, data: METADATA, method: 14 }]), /method is 14/],
    ['a bomb', zip([{ name: PATH, data: Buffer.alloc(17 << 20) }]), /17825792 bytes/],
    ['a bomb that lies', zip([{ name: PATH, data: Buffer.alloc(17 << 20), size: 100 }]), /damaged/],
    ['a wrong checksum', zip([{ name: PATH, data: METADATA, crc: 1 }]), /checksum/],
    ['a forged offset', zip([{ name: PATH, data: METADATA, offset: 5 }]), /not where the directory says/],
    ['an offset beyond the file', zip([{ name: PATH, data: METADATA, offset: 0x7fffffff }]), /not where/],
    ['a forged directory', zip([{ name: PATH, data: METADATA }], { directoryOffset: 0x7fffffff }), /beyond the file/],
    [
      'a forged size of the directory',
      zip([{ name: PATH, data: METADATA }], { directorySize: 0x7fffffff }),
      /beyond|directory has/,
    ],
  ]
  it.each(refused)('is refused with %s', async (_, wheel, why) => {
    await expect(read(wheel)).rejects.toThrow(why)
    await expect(read(wheel)).rejects.toThrow(InvalidDocumentError)
  })

  it('of a damaged wheel is refused, whatever byte is wrong', async () => {
    const good = zip(
      [
        { name: 'foo/x.py', data: 'x' },
        { name: PATH, data: METADATA },
      ],
      { isZip64: true },
    )
    const damage = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length))
    await fc.assert(
      fc.asyncProperty(damage, async ([at, value, length]) => {
        const bad = Buffer.from(good)
        bad[at] = value
        for (const wheel of [bad, good.subarray(0, length)]) {
          const got = await read(wheel).catch((error: unknown) => error)
          if (got !== METADATA) expect(got).toBeInstanceOf(InvalidDocumentError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('PKG-INFO of an sdist', () => {
  const PKG_INFO = 'Metadata-Version: 2.2\nName: foo-bar\nVersion: 1.0\n'
  const chunked = (bytes: Buffer): Readable => {
    const count = Math.ceil(bytes.length / 1000)
    return Readable.from(Array.from({ length: count }, (_, i) => bytes.subarray(i * 1000, i * 1000 + 1000)))
  }
  const readTar = async (bytes: Buffer, maxUnpacked?: number): Promise<string | undefined> => {
    const options = maxUnpacked === undefined ? {} : { maxUnpacked }
    return (await readTarSdist(chunked(bytes), 'foo-bar', options)).pkgInfo?.toString()
  }

  it('is read from a .tar.gz, with short and long names', async () => {
    const before = { name: 'foo_bar-1.0/src/foo.egg-info/PKG-INFO', data: 'not this' }
    const own = { name: 'foo_bar-1.0/PKG-INFO', data: PKG_INFO }
    expect(await readTar(gzipSync(tar([before, own])))).toBe(PKG_INFO)
    expect(await readTar(gzipSync(tar([{ ...own, name: `./${own.name}` }])))).toBe(PKG_INFO)
    const long = `foo_bar-1.0${'+x'.repeat(80)}/PKG-INFO`
    expect(await readTar(gzipSync(tar([{ ...own, name: long, longName: 'pax' }])))).toBe(PKG_INFO)
    expect(await readTar(gzipSync(tar([{ ...own, name: long, longName: 'gnu' }])))).toBe(PKG_INFO)
    expect(await readTar(gzipSync(tar([before])))).toBeUndefined()
    expect(await readTar(gzipSync(tar([{ ...own, type: '2' }])))).toBeUndefined()
  })

  it('is read without reading the rest', async () => {
    const archive = gzipSync(tar([{ name: 'foo_bar-1.0/PKG-INFO', data: PKG_INFO }]))
    async function* endless(): AsyncGenerator<Buffer> {
      yield archive.subarray(0, archive.length - 8)
      for (;;) yield Buffer.alloc(1)
    }
    expect((await readTarSdist(endless(), 'foo-bar')).pkgInfo?.toString()).toBe(PKG_INFO)
  })

  it('is refused in a bomb, a damaged archive and one that is cut off', async () => {
    const bomb = gzipSync(
      tar([
        { name: 'foo_bar-1.0/x', data: Buffer.alloc(2_000_000) },
        { name: 'foo_bar-1.0/PKG-INFO', data: PKG_INFO },
      ]),
    )
    await expect(readTar(bomb, 1_000_000)).rejects.toThrow('unpacks to more than 1000000 bytes')
    const large = gzipSync(tar([{ name: 'foo_bar-1.0/PKG-INFO', data: Buffer.alloc(17 << 20) }]))
    await expect(readTar(large)).rejects.toThrow(/17825792 bytes/)
    await expect(readTar(Buffer.from('no gzip'))).rejects.toThrow(InvalidDocumentError)
    await expect(readTar(gzipSync(Buffer.alloc(1024, 'x')))).rejects.toThrow(/is damaged/)
    const noise = createHash('shake256', { outputLength: 4000 }).update('x').digest()
    const whole = gzipSync(tar([{ name: 'foo_bar-1.0/PKG-INFO', data: noise }]))
    await expect(readTar(whole.subarray(0, 2000))).rejects.toThrow(InvalidDocumentError)
  })

  it('passes on what the stream throws', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield gzipSync(Buffer.alloc(0)).subarray(0, 3)
      throw new Error('connection reset')
    }
    await expect(readTarSdist(broken(), 'foo-bar')).rejects.toThrow('connection reset')
  })

  it('is read from a .zip', async () => {
    const sdist = zip([
      { name: 'foo-bar-1.0/a/PKG-INFO', data: 'x' },
      { name: 'foo-bar-1.0/PKG-INFO', data: PKG_INFO },
    ])
    expect((await readZipSdist(bytesInMemory(sdist), 'Foo_Bar')).pkgInfo?.toString()).toBe(PKG_INFO)
    expect(await readZipSdist(bytesInMemory(zip([])), 'foo-bar')).toEqual({ pkgInfo: undefined, pyproject: undefined })
  })

  it('comes with pyproject.toml where it is asked for', async () => {
    const files = [
      { name: 'foo_bar-1.0/PKG-INFO', data: PKG_INFO },
      { name: 'foo_bar-1.0/x/pyproject.toml', data: 'not this' },
      { name: 'foo_bar-1.0/pyproject.toml', data: '[build-system]' },
    ]
    const wanted = ['PKG-INFO', 'pyproject.toml'] as const
    const both = { pkgInfo: Buffer.from(PKG_INFO), pyproject: Buffer.from('[build-system]') }
    expect(await readTarSdist(chunked(gzipSync(tar(files))), 'foo-bar', { wanted })).toEqual(both)
    expect(await readZipSdist(bytesInMemory(zip(files)), 'foo-bar', wanted)).toEqual(both)
  })
})
