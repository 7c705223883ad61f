import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import type { FileSpec } from '../../model/files.js'
import type { S3Bucket } from './bucket.js'
import { hashObject, headObject, setMetadata } from './objects.js'
import type { ObjectHead } from './objects.js'
import type { CheckOptions, FileState } from '../types.js'

/** 8.0's metadata key for a release file's upload time, in seconds with fraction. */
const UPLOADED_AT = 'uploaded-at'
/** The metadata key for the MD5 of the content, which the store's ETag can be compared with. 8.0 has no such key. */
const MD5 = 'md5'
/** CopyObject takes no larger objects; those keep the metadata that they have. */
const LARGEST_COPY = 5 * 1024 ** 3

/** The metadata that 8.0 stores with a file: its digest and upload time. */
export function fileMetadata(spec: FileSpec): Record<string, string> {
  const { digest, uploadTime } = spec
  return { [digest.name]: digest.hex, ...(uploadTime === undefined ? {} : { [UPLOADED_AT]: pythonFloat(uploadTime) }) }
}

/** The metadata of a file that is stored with one request: a store gives such an object its MD5 as ETag. */
export function withMd5(metadata: Record<string, string>, body: Uint8Array): Record<string, string> {
  return { ...metadata, [MD5]: createHash('md5').update(body).digest('hex') }
}

/** The upload time kept with an object, in seconds since the epoch; undefined where none is. */
export function uploadTimeOf(head: ObjectHead): number | undefined {
  const text = head.metadata.get(UPLOADED_AT)
  const time = text === undefined || text.trim() === '' ? NaN : Number(text)
  return Number.isFinite(time) ? time : undefined
}

export type Checker = (spec: FileSpec, options: CheckOptions) => Promise<FileState>

/**
 * Compares objects with what they should be, by one HeadObject each. An object is read only if it has no digest in its
 * metadata (it was stored before bandersnatch 8.0), or if its metadata is not trusted and its ETag does not prove the
 * content. Where the bytes of one without a digest are right, digest and time are then stored with it.
 * @param reads how many objects are read at a time
 */
export function createChecker(s3: S3Bucket, reads: number): Checker {
  const inTurn = pLimit(reads)

  return async (spec, { method, trustMetadata = true }) => {
    const head = await headObject(s3, spec.key)
    if (head === undefined) return 'missing'
    if (spec.size !== undefined && spec.size !== head.size) return 'mismatch'
    const stored = uploadTimeOf(head)
    const timeFits = spec.uploadTime !== undefined && stored !== undefined && sameTime(stored, spec.uploadTime)
    if (method === 'stat' && timeFits) return 'current'
    const kept = head.metadata.get(spec.digest.name)
    if (kept !== undefined && kept !== spec.digest.hex) return 'mismatch'
    if (kept === undefined || (method === 'hash' && !trustMetadata && !isProved(spec, head))) {
      const hex = await inTurn(() => hashObject(s3, spec.key, spec.digest.name))
      if (hex === undefined) return 'missing'
      if (hex !== spec.digest.hex) return 'mismatch'
    }
    const stale = method === 'stat' && spec.uploadTime !== undefined
    if ((kept === undefined || stale) && head.size <= LARGEST_COPY) {
      await setMetadata(s3, spec.key, head, { ...Object.fromEntries(head.metadata), ...fileMetadata(spec) })
    }
    return 'current'
  }
}

/**
 * Whether the ETag, which the store computes from the content, is the MD5 that is expected. With multipart uploads and
 * with keys of KMS it is something else: that proves nothing.
 */
function isProved({ digest }: FileSpec, head: ObjectHead): boolean {
  const md5 = digest.name === MD5 ? digest.hex : head.metadata.get(MD5)
  return md5 !== undefined && head.etag?.replaceAll('"', '') === md5
}

/** To the microsecond, which is what Python keeps. */
function sameTime(stored: number, wanted: number): boolean {
  return Math.round(stored * 1e6) === Math.round(wanted * 1e6)
}

/** As Python's `str(float)` for every time that a file can have: a whole number ends with `.0`. */
function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
