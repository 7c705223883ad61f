import { describe, expect, it } from 'vitest'
import { InvalidDocumentError } from '../../src/errors.js'
import { expectedFiles } from '../../src/model/expected.js'
import { parseProject } from '../../src/model/parse.js'
import type { ParsedProject } from '../../src/model/parse.js'
import { releaseFiles, withoutCoreMetadata } from '../../src/model/project.js'
import type { ReleaseFile } from '../../src/model/project.js'

const SHA256 = 'ab'.repeat(32)
const MD5 = 'cd'.repeat(16)
const OPTIONS = { coreMetadata: true, digestName: 'sha256', downloadMirror: '', downloadMirrorNoFallback: false }

function file(filename: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    filename,
    url: `https://files.example/packages/aa/${filename}`,
    digests: { sha256: SHA256 },
    size: 1,
    ...fields,
  }
}

function parse(files: readonly unknown[], fields: Record<string, unknown> = {}): ParsedProject {
  return parseProject({ info: { name: 'foo' }, last_serial: 7, releases: { '1.0': files }, ...fields }, 'foo')
}

/** The one file of a project that has no other. */
function only(files: readonly unknown[]): ReleaseFile {
  const parsed = releaseFiles(parse(files).project)
  expect(parsed).toHaveLength(1)
  const [first] = parsed
  if (first === undefined) throw new Error('no file')
  return first
}

describe('a document that is not the metadata of the project', () => {
  it.each([
    ['a list', [], /is not a JSON object/],
    ['no info', { info: undefined }, /has no "info"/],
    ['info that is a text', { info: 'x' }, /has no "info"/],
    ['no releases', { releases: undefined }, /has no "releases"/],
    ['releases that are a list', { releases: [] }, /has no "releases"/],
    ['a name that is not text', { info: { name: 1 } }, /has no "info\.name"/],
    ['another name', { info: { name: 'bar' } }, /is that of another project, "bar"/],
    ['a version without a list', { releases: { '1.0': {} } }, /has no list of files for version "1\.0"/],
    ['no serial', { last_serial: undefined }, /has no usable "last_serial"/],
    ['a negative serial', { last_serial: -1 }, /has no usable "last_serial"/],
    ['a serial with a fraction', { last_serial: 1.5 }, /has no usable "last_serial"/],
    ['a serial of sixteen digits', { last_serial: 1e15 }, /has no usable "last_serial"/],
    ['a serial that is empty', { last_serial: '' }, /has no usable "last_serial"/],
    ['a serial in words', { last_serial: 'ten' }, /has no usable "last_serial"/],
    ['a serial in hex', { last_serial: '0x10' }, /has no usable "last_serial"/],
  ])('%s', (_, fields, message) => {
    const document = Array.isArray(fields) ? fields : { info: { name: 'foo' }, last_serial: 7, releases: {}, ...fields }
    expect(() => parseProject(document, 'foo')).toThrow(InvalidDocumentError)
    expect(() => parseProject(document, 'foo')).toThrow(message)
  })

  it('names are compared normalized, serials may be texts', () => {
    const { project } = parseProject({ info: { name: 'Foo_Bar' }, last_serial: '12', releases: {} }, 'foo.bar')
    expect(project).toMatchObject({ name: 'foo-bar', rawName: 'foo.bar', lastSerial: 12 })
  })
})

describe('a file that cannot be stored or verified', () => {
  const GOOD = file('foo-1.0.tar.gz')
  it.each([
    ['is not an object', 'foo-1.0.zip', /is not a JSON object/],
    ['has no name', file('foo-1.0.zip', { filename: undefined }), /"undefined" is not a filename/],
    ['has a name that leads elsewhere', file('foo-1.0.zip', { filename: '../x' }), /"\.\.\/x" is not a filename/],
    ['has a name of 256 bytes', file('foo-1.0.zip', { filename: `${'x'.repeat(252)}.zip` }), /is not a filename/],
    ['has no URL', file('foo-1.0.zip', { url: null }), /has no URL/],
    ['lies elsewhere', file('foo-1.0.zip', { url: 'https://x/other/foo.zip' }), /not lie below \/packages\//],
    [
      'has a path segment of 256 bytes',
      file('foo-1.0.zip', { url: `/packages/${'é'.repeat(128)}` }),
      /more than 255 bytes/,
    ],
    ['has a size that is no number', file('foo-1.0.zip', { size: '1' }), /has the size/],
    ['has a negative size', file('foo-1.0.zip', { size: -1 }), /has the size/],
    ['has no digests', file('foo-1.0.zip', { digests: undefined }), /no digest that could verify it/],
    ['has an empty list of digests', file('foo-1.0.zip', { digests: {} }), /no digest that could verify it/],
    [
      'has a digest that is not hex',
      file('foo-1.0.zip', { digests: { sha256: 'xyz' } }),
      /no digest that could verify/,
    ],
    ['has a digest of seven digits', file('foo-1.0.zip', { digests: { sha256: '1234567' } }), /no digest that could/],
    ['has only digests that cannot be computed', file('foo-1.0.zip', { digests: { crc32: '12345678' } }), /no digest/],
  ])('%s: is refused alone', (_, bad, reason) => {
    const { project, refused } = parse([bad, GOOD])
    expect(releaseFiles(project).map(({ filename }) => filename)).toEqual(['foo-1.0.tar.gz'])
    expect(refused).toEqual([expect.stringMatching(reason)])
  })

  it('a missing size is allowed', () => {
    expect(only([file('foo-1.0.zip', { size: null })]).size).toBeUndefined()
    expect(only([file('foo-1.0.zip', { size: 0 })]).size).toBe(0)
  })
})

describe('digests', () => {
  it('in upper case are lowered', () => {
    const parsed = only([file('foo-1.0.zip', { digests: { SHA256: SHA256.toUpperCase() } })])
    expect(parsed.digest).toEqual({ name: 'sha256', hex: SHA256 })
    expect(parsed.digests).toEqual(new Map([['sha256', SHA256]]))
  })

  it.each([
    [{ md5: MD5 }, { name: 'md5', hex: MD5 }, 'md5'],
    [{ md5: MD5, sha1: SHA256 }, { name: 'sha1', hex: SHA256 }, 'sha1'],
    [{ md5: MD5, sha256: SHA256 }, { name: 'sha256', hex: SHA256 }, 'sha256'],
    [{ blake2b: SHA256 }, { name: 'blake2b', hex: SHA256 }, 'blake2b512'],
    [{ blake2b_256: SHA256, md5: MD5 }, { name: 'md5', hex: MD5 }, 'md5'],
  ])('%j: the strongest that can be computed verifies the file', (digests, digest, nodeName) => {
    const { project } = parse([file('foo-1.0.zip', { digests })])
    expect(releaseFiles(project)[0]?.digest).toEqual(digest)
    expect(expectedFiles(project, OPTIONS)[0]?.digest).toEqual({ name: nodeName, hex: digest.hex })
  })

  it('place a file that lies elsewhere upstream, where that is allowed', () => {
    const document = {
      info: { name: 'foo' },
      last_serial: 7,
      releases: { '1.0': [file('a b.zip', { url: 'https://x/a' })] },
    }
    const { project } = parseProject(document, 'foo', { anyUrl: true })
    expect(releaseFiles(project)[0]?.path).toBe(`/packages/ab/ab/${'ab'.repeat(30)}/a%20b.zip`)
  })
})

describe('core metadata', () => {
  const metadata = { 'core-metadata': { sha256: SHA256.toUpperCase() } }
  it('is expected beside its file, with its digest', () => {
    const { project } = parse([file('foo-1.0-py3-none-any.whl', metadata)])
    expect(expectedFiles(project, OPTIONS).map(({ key, kind, digest }) => [key, kind, digest.hex])).toEqual([
      ['web/packages/aa/foo-1.0-py3-none-any.whl', 'release', SHA256],
      ['web/packages/aa/foo-1.0-py3-none-any.whl.metadata', 'metadata', SHA256],
    ])
    expect(expectedFiles(project, { ...OPTIONS, coreMetadata: false })).toHaveLength(1)
  })

  it('whose name is longer than 255 bytes is left out', () => {
    const name = (length: number): string => `${'x'.repeat(length - 4)}.whl`
    expect(only([file(name(246), metadata)]).coreMetadata).toEqual(new Map([['sha256', SHA256]]))
    expect(only([file(name(247), metadata)]).coreMetadata).toBeUndefined()
    expect(expectedFiles(parse([file(name(247), metadata)]).project, OPTIONS)).toHaveLength(1)
  })

  it('is taken from the files that could not have it', () => {
    const { project } = parse([file('a-1.whl', metadata), file('b-1.whl', metadata)])
    const without = withoutCoreMetadata(project, new Set(['a-1.whl']))
    expect(releaseFiles(without).map(({ coreMetadata }) => coreMetadata !== undefined)).toEqual([false, true])
    expect(releaseFiles(project).map(({ coreMetadata }) => coreMetadata !== undefined)).toEqual([true, true])
    expect(withoutCoreMetadata(project, new Set())).toBe(project)
  })

  it.each([
    [true, true],
    [false, false],
    ['yes', undefined],
    [null, undefined],
  ])('%j is %j', (value, expected) => {
    expect(only([file('a-1.whl', { 'core-metadata': value })]).coreMetadata).toBe(expected)
  })
})

describe('expectedFiles', () => {
  const { project } = parse([file('a-1.zip', { upload_time_iso_8601: '1970-01-01T00:00:01.5Z' })])
  it('asks a download mirror first, or alone', () => {
    const near = { ...OPTIONS, downloadMirror: 'https://near.example' }
    const there = 'https://near.example/packages/aa/a-1.zip'
    expect(expectedFiles(project, OPTIONS)[0]?.urls).toEqual(['https://files.example/packages/aa/a-1.zip'])
    expect(expectedFiles(project, near)[0]?.urls).toEqual([there, 'https://files.example/packages/aa/a-1.zip'])
    expect(expectedFiles(project, { ...near, downloadMirrorNoFallback: true })[0]?.urls).toEqual([there])
  })

  it('gives the time of the upload', () => {
    expect(expectedFiles(project, OPTIONS)[0]).toMatchObject({ uploadTime: 1.5, size: 1, filename: 'a-1.zip' })
  })
})
