import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { LockedError, StorageError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { LAYOUT } from '../../model/layout.js'
import type { S3Bucket } from './bucket.js'
import { conditionalObjects, timedObjects } from './lock-object.js'
import type { LockObjects, SeenLock } from './lock-object.js'
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

/** What the lock object says of the run that holds it. */
interface Holder {
  readonly run: string
  readonly command: string
  readonly pid: number
  readonly host: string
  readonly since: string
}

export const LOCK_KEY = `${LAYOUT.own}/lock`
/** The right to take over a lock, followed by what tells which: without meaning once there is another lock. */
export const SUCCESSION = `${LAYOUT.own}/lock-after-`
const ATTEMPTS = 5
/** The holder gives up this much before others may believe it dead. */
const SAFETY = 0.8

/**
 * One object, made only where none is and written again at every heartbeat. Once it has expired, the right to take it
 * over is an object too, made the same way: so a store needs no other conditional write. Its age is the store's time
 * minus the store's time: no clocks are compared.
 * @throws LockedError naming the holder
 * @throws StorageError where the store has no conditional writes
 */
export async function lockBucket(s3: S3Bucket, command: string, options: S3LockOptions): Promise<HeldLock> {
  const objects =
    options.settleMs === undefined ? conditionalObjects(s3, options.honoured) : timedObjects(s3, options.settleMs)
  const mine: Holder = {
    run: randomUUID(),
    command,
    pid: options.pid,
    host: hostname(),
    since: new Date().toISOString(),
  }
  const text = JSON.stringify(mine)
  const claimed = await claim(LOCK_KEY)
  return hold(s3.log, { objects, text, claimed }, options)

  /** @returns the moment from which the claim counts */
  async function claim(key: string): Promise<Moment> {
    let seen: SeenLock | undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const started = now()
      const existsAt = await objects.create(key, text)
      if (existsAt === undefined) return started
      seen = await objects.read(key)
      if (seen === undefined) continue
      // Our own: the answer to a first attempt that succeeded was lost.
      if (seen.text === text) return started
      const age = existsAt - seen.modified
      if (age < options.expiryMs) throw locked(seen)
      const takenOver = await succeed(key, seen)
      if (takenOver === undefined) continue
      s3.log.warn(`took over the lock of ${describe(seen)}, which gave no sign of life for ${Math.round(age / 1000)} s`)
      return takenOver
    }
    throw locked(seen)
  }

  /** Takes an expired lock over; undefined when it is not the one that was seen any more. */
  async function succeed(key: string, seen: SeenLock): Promise<Moment | undefined> {
    const right = SUCCESSION + identityOf(seen)
    const claimed = await claim(right)
    try {
      const latest = await objects.read(key)
      if (latest?.text !== seen.text || latest.modified !== seen.modified) return undefined
      const started = now()
      if (msSince(claimed) > options.expiryMs * SAFETY) return undefined
      await objects.write(key, text)
      return started
    } finally {
      await objects.remove(right)
    }
  }
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
        return void lose(seen === undefined ? 'its object was deleted' : 'another run has taken it')
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

function locked(seen: SeenLock | undefined): LockedError {
  return new LockedError(`the mirror is in use by ${describe(seen)}; this run ends without doing anything`)
}

/** What tells one holder from the next: a text that may stand in a key. */
function identityOf(seen: SeenLock): string {
  return createHash('sha256').update(seen.text).digest('hex').slice(0, 32)
}

function describe(seen: SeenLock | undefined): string {
  const holder = seen === undefined ? undefined : parseHolder(seen.text)
  if (holder === undefined) return 'another run'
  return `"bandersnatch ${holder.command}" (process ${holder.pid} on ${holder.host}, since ${holder.since})`
}

function parseHolder(text: string): Holder | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(value))
  const [run, command, pid, host, since] = ['run', 'command', 'pid', 'host', 'since'].map((name) => fields.get(name))
  if (typeof run !== 'string' || typeof command !== 'string' || typeof host !== 'string') return undefined
  return { run, command, pid: typeof pid === 'number' ? pid : 0, host, since: typeof since === 'string' ? since : '' }
}

/** Both clocks: the monotonic one stands still while the machine sleeps, the other one can be set. */
interface Moment {
  readonly monotonic: number
  readonly wall: number
}

function now(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}

function msSince(moment: Moment): number {
  return Math.max(performance.now() - moment.monotonic, Date.now() - moment.wall)
}
