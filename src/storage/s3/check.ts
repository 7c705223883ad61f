import type { FileSpec } from '../../model/files.js'
import type { S3Bucket } from './bucket.js'
import { hashObject, headObject, setMetadata } from './objects.js'
import type { ObjectHead } from './objects.js'
import type { CompareMethod, FileState } from '../types.js'

/** 8.0's metadata key for a release file's upload time, in seconds with fraction. */
const UPLOADED_AT = 'uploaded-at'
/** CopyObject takes no larger objects; those keep the metadata that they have. */
const LARGEST_COPY = 5 * 1024 ** 3

/** The metadata that 8.0 stores with a file: its digest and upload time. */
export function fileMetadata(spec: FileSpec): Record<string, string> {
  const { digest, uploadTime } = spec
  return { [digest.name]: digest.hex, ...(uploadTime === undefined ? {} : { [UPLOADED_AT]: pythonFloat(uploadTime) }) }
}

/** The upload time kept with an object, in seconds since the epoch; undefined where none is. */
export function uploadTimeOf(head: ObjectHead): number | undefined {
  const text = head.metadata.get(UPLOADED_AT)
  const time = text === undefined || text.trim() === '' ? NaN : Number(text)
  return Number.isFinite(time) ? time : undefined
}

/**
 * One HeadObject decides, by the digest kept with the object. Only an object without one (from before bandersnatch
 * 8.0) is read; where the bytes are right, digest and time are then stored with it, so that it is read once.
 */
export async function checkObject(s3: S3Bucket, spec: FileSpec, method: CompareMethod): Promise<FileState> {
  const head = await headObject(s3, spec.key)
  if (head === undefined) return 'missing'
  if (spec.size !== undefined && spec.size !== head.size) return 'mismatch'
  const stored = uploadTimeOf(head)
  const timeFits = spec.uploadTime !== undefined && stored !== undefined && sameTime(stored, spec.uploadTime)
  if (method === 'stat' && timeFits) return 'current'
  const kept = head.metadata.get(spec.digest.name)
  const hex = kept ?? (await hashObject(s3, spec.key, spec.digest.name))
  if (hex === undefined) return 'missing'
  if (hex !== spec.digest.hex) return 'mismatch'
  const stale = method === 'stat' && spec.uploadTime !== undefined
  if ((kept === undefined || stale) && head.size <= LARGEST_COPY) {
    await setMetadata(s3, spec.key, head, { ...Object.fromEntries(head.metadata), ...fileMetadata(spec) })
  }
  return 'current'
}

/** To the microsecond, which is what Python keeps. */
function sameTime(stored: number, wanted: number): boolean {
  return Math.round(stored * 1e6) === Math.round(wanted * 1e6)
}

/** As Python's `str(float)` for every time that a file can have: a whole number ends with `.0`. */
function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
