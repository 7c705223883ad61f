import { StorageError } from '../../errors.js'
import type { LockObjects, SeenLock } from '../lock-claim.js'
import type { S3Bucket } from './bucket.js'
import { failureOf, isConditionFailure, isMissing } from './client/errors.js'
import type { Honoured } from './state.js'

/** Objects made with If-None-Match, which the store refuses when there is one already. */
export function conditionalObjects(s3: S3Bucket, honoured: Honoured): LockObjects {
  const refusal = (): StorageError =>
    new StorageError(
      `${s3.endpoint ?? 'Amazon S3'} does not support conditional writes (If-None-Match), without which two runs on one ` +
        'bucket cannot be kept apart; docs/s3.md tells what can be done',
    )
  /** Whether the object was made; else the store's time. */
  async function attempt(key: string, text: string): Promise<number | undefined> {
    try {
      await put(s3, key, text, { IfNoneMatch: '*' })
      return undefined
    } catch (error) {
      const failure = failureOf(error)
      if (failure.status === 501) throw refusal()
      if (!isConditionFailure(failure)) throw error
      return timeOf(failure.headers.get('date'))
    }
  }

  async function create(key: string, text: string): Promise<number | undefined> {
    const existsAt = await attempt(key, text)
    if (existsAt !== undefined) return existsAt
    try {
      if (await honoured.isKnown()) return undefined
      if ((await attempt(key, text)) === undefined) throw refusal()
      await honoured.remember()
    } catch (error) {
      await remove(s3, key)
      throw error
    }
    return undefined
  }

  return { ...plain(s3), create: (key, text) => s3.call(`lock ${key}`, () => create(key, text)) }
}

/**
 * For stores without conditional writes: an object is made by writing it where none is, waiting, and looking whether
 * it is still the same (Fischer's algorithm). That excludes other runs as long as a write that was sent takes effect
 * within `settleMs`; a write that took half as long is not trusted.
 */
export function timedObjects(s3: S3Bucket, settleMs: number): LockObjects {
  const objects = plain(s3)
  return {
    ...objects,
    async create(key, text) {
      const started = performance.now()
      if ((await objects.read(key)) !== undefined) return storeTime(s3, key)
      await objects.write(key, text)
      if (performance.now() - started > settleMs / 2) {
        throw new StorageError(`${s3.endpoint ?? 'Amazon S3'} took too long to write the lock; try again later`)
      }
      await new Promise((resolve) => setTimeout(resolve, settleMs))
      return (await objects.read(key))?.text === text ? undefined : storeTime(s3, key)
    },
  }
}

function plain(s3: S3Bucket): Omit<LockObjects, 'create'> {
  return {
    read: (key) => s3.call(`lock ${key}`, () => read(s3, key)),
    write: (key, text) => s3.call(`lock ${key}`, () => put(s3, key, text, {})),
    remove: (key) => s3.call(`unlock ${key}`, () => remove(s3, key)),
  }
}

async function put(s3: S3Bucket, key: string, text: string, condition: { readonly IfNoneMatch?: '*' }): Promise<void> {
  await s3.client.send(new s3.sdk.PutObjectCommand({ ...s3.storing(key), ...condition, Body: Buffer.from(text) }))
}

async function read(s3: S3Bucket, key: string): Promise<SeenLock | undefined> {
  try {
    const { Body, LastModified } = await s3.client.send(new s3.sdk.GetObjectCommand(s3.place(key)))
    return { text: (await Body?.transformToString()) ?? '', modified: LastModified?.getTime() ?? 0 }
  } catch (error) {
    if (isMissing(failureOf(error))) return undefined
    throw error
  }
}

async function remove(s3: S3Bucket, key: string): Promise<void> {
  await s3.client.send(new s3.sdk.DeleteObjectCommand(s3.place(key)))
}

/** The store's clock, from the answer to a request that finds nothing. */
async function storeTime(s3: S3Bucket, key: string): Promise<number> {
  try {
    await s3.client.send(new s3.sdk.HeadObjectCommand(s3.place(`${key}-none`)))
  } catch (error) {
    return timeOf(failureOf(error).headers.get('date'))
  }
  return Date.now()
}

function timeOf(date: string | undefined): number {
  const time = Date.parse(date ?? '')
  return Number.isNaN(time) ? Date.now() : time
}
