import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { StorageError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { LOCK_KEY, claimLock, msSince, now } from '../lock-claim.js'
import type { LockObjects, Moment } from '../lock-claim.js'
import { holderText } from '../lock-holder.js'
import type { S3Bucket } from './bucket.js'
import { conditionalObjects, timedObjects } from './lock-object.js'
import type { Honoured } from './state.js'
import type { Lock } from '../types.js'

export interface S3LockOptions {
  /** process id of this run, for the message that another run gets */
  readonly pid: number
  /** how often the holder shows that it lives */
  readonly heartbeatMs: number
  /** after this long without a sign of life the lock is free */
  readonly expiryMs: number
  /** for a store without conditional writes: how long a write may take until everyone sees it */
  readonly settleMs?: number | undefined
  readonly honoured: Honoured
  /** called once when the lock is lost: taken by another run, or the store was out of reach for too long */
  readonly onLost: (error: StorageError) => void
}

/** A lock that is held until it is released, or lost. */
export interface HeldLock extends Lock {
  /** @throws StorageError when it was lost */
  assertHeld(): void
}

/** The holder gives up this much before others may believe it dead. */
const SAFETY = 0.8

/**
 * The lock of a mirror in a bucket: an object that is made only where none is and written again at every heartbeat. The
 * store needs no other conditional write. Its age is the difference of two times of the store: no clocks are compared.
 * @throws LockedError naming the holder
 * @throws StorageError where the store has no conditional writes
 */
export async function lockBucket(s3: S3Bucket, command: string, options: S3LockOptions): Promise<HeldLock> {
  const objects =
    options.settleMs === undefined ? conditionalObjects(s3, options.honoured) : timedObjects(s3, options.settleMs)
  const text = JSON.stringify({
    run: randomUUID(),
    command,
    pid: options.pid,
    host: hostname(),
    since: new Date().toISOString(),
  })
  const claimed = await claimLock({
    objects,
    text,
    isDead: ({ ageMs }) => ageMs >= options.expiryMs,
    limitMs: options.expiryMs * SAFETY,
    onTakeOver(seen, ageMs) {
      const silent = Math.round(ageMs / 1000)
      s3.log.warn(`took over the lock of ${holderText(seen.text)}, which gave no sign of life for ${silent} s`)
    },
  })
  return hold(s3.log, { objects, text, claimed }, options)
}

interface Holding {
  readonly objects: LockObjects
  readonly text: string
  readonly claimed: Moment
}

function hold(log: Log, { objects, text, claimed }: Holding, options: S3LockOptions): HeldLock {
  let confirmed = claimed
  let lost: StorageError | undefined
  let beating: Promise<void> | undefined

  const isOver = (): boolean => msSince(confirmed) > options.expiryMs * SAFETY

  function lose(why: string): StorageError {
    if (lost === undefined) {
      lost = new StorageError(`the lock of the mirror was lost (${why}); nothing more is written`)
      clearInterval(timer)
      options.onLost(lost)
    }
    return lost
  }

  async function beat(): Promise<void> {
    const started = now()
    try {
      const seen = await objects.read(LOCK_KEY)
      if (seen?.text !== text)
        return void lose(seen === undefined ? 'its object was deleted' : `it was taken by ${holderText(seen.text)}`)
      if (isOver()) return void lose(silence())
      await objects.write(LOCK_KEY, text)
      confirmed = started
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (isOver()) lose(`${silence()}: ${why}`)
      else log.warn(`the lock could not be renewed: ${why}`)
    }
  }

  const silence = (): string => `no sign of life for ${Math.round(msSince(confirmed) / 1000)} s`

  const timer = setInterval(() => {
    if (lost !== undefined) return
    beating ??= beat().finally(() => (beating = undefined))
  }, options.heartbeatMs)
  timer.unref()

  return {
    assertHeld() {
      if (lost === undefined && isOver()) lose(silence())
      if (lost !== undefined) throw lost
    },
    async release() {
      clearInterval(timer)
      await beating
      // When it is over another run may hold it: then it is not ours to delete.
      if (lost === undefined && !isOver()) await objects.remove(LOCK_KEY)
    },
  }
}
