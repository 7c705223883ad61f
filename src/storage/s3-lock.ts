import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { LockedError, StorageError } from '../errors.js'
import type { S3Bucket } from './s3-bucket.js'
import { createLockObject, LOCK_KEY } from './s3-lock-object.js'
import type { LockObject, SeenLock } from './s3-lock-object.js'
import type { Lock } from './types.js'

export interface S3LockOptions {
  /** process id of this run, for the message that another run gets */
  readonly pid: number
  /** how often the holder shows that it lives */
  readonly heartbeatMs: number
  /** after this long without a sign of life the lock is free */
  readonly expiryMs: number
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

const ATTEMPTS = 5
/** The holder gives up this much before others may believe it dead. */
const SAFETY = 0.8

/**
 * One object, created only where none is (If-None-Match), rewritten at every heartbeat and taken over, once it has
 * expired, only as it was seen (If-Match). Its age is the store's time minus the store's time: no clocks are compared.
 * @throws LockedError naming the holder
 * @throws StorageError where the store has no conditional writes
 */
export async function lockBucket(s3: S3Bucket, command: string, options: S3LockOptions): Promise<HeldLock> {
  const object = createLockObject(s3)
  const mine: Holder = { run: randomUUID(), command, pid: options.pid, host: hostname(), since: new Date().toISOString() }
  const text = JSON.stringify(mine)
  const started = now()
  let seen: SeenLock | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const made = await object.create(text)
    if ('etag' in made) return hold(s3, object, { text, etag: made.etag, started }, options)
    seen = await object.read()
    if (seen === undefined) continue
    // Our own: the answer to a first attempt that succeeded was lost.
    if (seen.text === text) return hold(s3, object, { text, etag: seen.etag, started }, options)
    const age = made.existsAt - seen.modified
    if (age < options.expiryMs) throw locked(seen)
    if (!(await object.canReplace())) {
      throw new LockedError(
        `${describe(seen)} left the lock ${s3.root.bucket}/${s3.place(LOCK_KEY).Key} ${Math.round(age / 1000)} s ago, and this ` +
          'store has no safe way to take it over (If-Match); make sure that no run is alive, then delete that object',
      )
    }
    const etag = await object.replace(text, seen.etag)
    if (etag === undefined) continue
    s3.log.warn(`took over the lock of ${describe(seen)}, which gave no sign of life for ${Math.round(age / 1000)} s`)
    return hold(s3, object, { text, etag, started }, options)
  }
  throw locked(seen)
}

interface Holding {
  readonly text: string
  readonly etag: string
  readonly started: Moment
}

function hold(s3: S3Bucket, object: LockObject, holding: Holding, options: S3LockOptions): HeldLock {
  const { text } = holding
  let { etag } = holding
  let confirmed = holding.started
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
      const next = await object.replace(text, etag)
      if (next === undefined) return void lose('another run has taken it')
      etag = next
      confirmed = started
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (isOver()) lose(`no sign of life for ${Math.round(msSince(confirmed) / 1000)} s: ${why}`)
      else s3.log.warn(`the lock could not be renewed: ${why}`)
    }
  }

  const timer = setInterval(() => {
    if (lost !== undefined) return
    beating ??= beat().finally(() => (beating = undefined))
  }, options.heartbeatMs)
  timer.unref()

  return {
    assertHeld() {
      if (lost === undefined && isOver()) lose(`no sign of life for ${Math.round(msSince(confirmed) / 1000)} s`)
      if (lost !== undefined) throw lost
    },
    async release() {
      clearInterval(timer)
      await beating
      // When it is over another run may hold it: then it is not ours to delete.
      if (lost === undefined && !isOver()) await object.remove()
    },
  }
}

function locked(seen: SeenLock | undefined): LockedError {
  return new LockedError(`the mirror is in use by ${describe(seen)}; this run ends without doing anything`)
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
