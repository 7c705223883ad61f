import { StorageError } from '../errors.js'
import { LAYOUT } from '../model/layout.js'
import type { S3Bucket } from './s3-bucket.js'
import { failureOf, isConditionFailure, isMissing } from './s3-errors.js'

/** The lock as another run sees it. */
export interface SeenLock {
  readonly text: string
  readonly etag: string
  /** by the store's clock, in ms since the epoch */
  readonly modified: number
}

/** The object that is the lock, and the conditional writes that make it one. */
export interface LockObject {
  /** The new object's ETag, or the store's time when there is one already. @throws StorageError where that cannot be told apart */
  create(text: string): Promise<{ readonly etag: string } | { readonly existsAt: number }>
  read(): Promise<SeenLock | undefined>
  /** The new ETag; undefined when the object is no longer the one with this ETag. */
  replace(text: string, etag: string): Promise<string | undefined>
  /** Whether `replace` is safe against another run that does the same. */
  canReplace(): Promise<boolean>
  remove(): Promise<void>
}

export const LOCK_KEY = `${LAYOUT.own}/lock`
const PROBE_KEY = `${LAYOUT.own}/lock-probe`
const NO_ETAG = `"${'0'.repeat(32)}"`

type Condition = { readonly IfMatch: string } | { readonly IfNoneMatch: '*' } | Record<string, never>

export function createLockObject(s3: S3Bucket): LockObject {
  const store = s3.endpoint ?? 'Amazon S3'
  const refusal = (): StorageError =>
    new StorageError(
      `${store} does not support conditional writes (If-None-Match), without which two runs on one bucket ` +
        'cannot be kept apart: a mirror cannot be kept there',
    )
  /** How this store wants an ETag in If-Match; Ceph compares it without its quotes. */
  let ifMatch: (etag: string) => Condition = quoted
  // Amazon's own is known to honour If-None-Match; of others it is found out.
  let proven = s3.endpoint === undefined

  async function put(key: string, text: string, condition: Condition): Promise<string> {
    const answer = await s3.client.send(new s3.sdk.PutObjectCommand({ ...s3.storing(key), ...condition, Body: Buffer.from(text) }))
    return answer.ETag ?? ''
  }

  /** undefined when the condition does not hold. */
  async function putIf(text: string, condition: Condition): Promise<string | undefined> {
    try {
      return await put(LOCK_KEY, text, condition)
    } catch (error) {
      const failure = failureOf(error)
      if (isConditionFailure(failure) || ('IfMatch' in condition && isMissing(failure))) return undefined
      throw error
    }
  }

  async function create(text: string): Promise<{ etag: string } | { existsAt: number }> {
    let etag: string
    try {
      etag = await put(LOCK_KEY, text, { IfNoneMatch: '*' })
    } catch (error) {
      const failure = failureOf(error)
      if (failure.status === 501) throw refusal()
      if (!isConditionFailure(failure)) throw error
      const date = Date.parse(failure.headers.get('date') ?? '')
      return { existsAt: Number.isNaN(date) ? Date.now() : date }
    }
    if (!proven && (await putIf(text, { IfNoneMatch: '*' })) !== undefined) {
      await remove()
      throw refusal()
    }
    proven = true
    return { etag }
  }

  async function read(): Promise<SeenLock | undefined> {
    try {
      const { Body, ETag, LastModified } = await s3.client.send(new s3.sdk.GetObjectCommand(s3.place(LOCK_KEY)))
      return { text: (await Body?.transformToString()) ?? '', etag: ETag ?? '', modified: LastModified?.getTime() ?? 0 }
    } catch (error) {
      if (isMissing(failureOf(error))) return undefined
      throw error
    }
  }

  async function replace(text: string, etag: string): Promise<string | undefined> {
    let next: string | undefined
    try {
      next = await putIf(text, ifMatch(etag))
    } catch (error) {
      if (failureOf(error).status !== 501) throw error
      ifMatch = unconditional
      return put(LOCK_KEY, text, {})
    }
    if (next !== undefined || ifMatch !== quoted) return next
    const seen = await read()
    if (seen === undefined) return undefined
    // The answer to a first attempt that succeeded was lost.
    if (seen.text === text && seen.etag !== etag) return seen.etag
    if (seen.etag !== etag) return undefined
    next = await putIf(text, bare(etag))
    if (next !== undefined) ifMatch = bare
    return next
  }

  async function canReplace(): Promise<boolean> {
    try {
      await put(PROBE_KEY, '', quoted(NO_ETAG))
    } catch (error) {
      const failure = failureOf(error)
      if (isConditionFailure(failure) || isMissing(failure)) return true
      if (failure.status === 501) return false
      throw error
    }
    await s3.client.send(new s3.sdk.DeleteObjectCommand(s3.place(PROBE_KEY)))
    return false
  }

  async function remove(): Promise<void> {
    await s3.client.send(new s3.sdk.DeleteObjectCommand(s3.place(LOCK_KEY)))
  }

  const doing = `lock ${LOCK_KEY}`
  return {
    create: (text) => s3.call(doing, () => create(text)),
    read: () => s3.call(doing, read),
    replace: (text, etag) => s3.call(doing, () => replace(text, etag)),
    canReplace: () => s3.call(doing, canReplace),
    remove: () => s3.call('release the lock', remove),
  }
}

function quoted(etag: string): Condition {
  return { IfMatch: etag }
}

function bare(etag: string): Condition {
  return { IfMatch: etag.replaceAll('"', '') }
}

function unconditional(): Condition {
  return {}
}
