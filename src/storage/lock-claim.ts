import { createHash } from 'node:crypto'
import { LAYOUT } from '../model/layout.js'
import { lockedError } from './lock-holder.js'

/** A lock as another run sees it. */
export interface SeenLock {
  readonly text: string
  /** last sign of life, by the clock of the storage: ms since the epoch */
  readonly modified: number
}

export interface FoundLock extends SeenLock {
  readonly key: string
  /** since the last sign of life; negative where clocks differ */
  readonly ageMs: number
}

/** The few operations that a lock needs: on objects of a bucket, or on files. */
export interface LockObjects {
  /**
   * Makes the object if there is none.
   * @returns undefined if it was made; else the time of the storage in ms since the epoch
   */
  create(key: string, text: string): Promise<number | undefined>
  /** @returns undefined when there is no such object */
  read(key: string): Promise<SeenLock | undefined>
  /** Replaces the object; others see the old text or the new one. */
  write(key: string, text: string): Promise<void>
  remove(key: string): Promise<void>
}

export interface ClaimOptions {
  readonly objects: LockObjects
  /** of the new lock; no other run has the same */
  readonly text: string
  /** Whether the run that holds a lock is dead. */
  isDead(found: FoundLock): Promise<boolean> | boolean
  /** A take-over that takes longer is given up: others may believe by then that this run is dead. */
  readonly limitMs: number
  readonly onTakeOver: (seen: SeenLock, ageMs: number) => void
}

export const LOCK_KEY = `${LAYOUT.own}/lock`
/** The right to take over one lock, followed by the identity of that lock. It means nothing once that lock is replaced. */
export const SUCCESSION = `${LAYOUT.own}/lock-after-`
const ATTEMPTS = 5

/**
 * Takes the lock, or takes it over from a dead run. The right to take over a lock is a lock itself and is claimed in the
 * same way. Whoever has it looks again, so a lock is replaced only if it is still the one that was found dead.
 * @returns the moment from which the lock counts
 * @throws LockedError naming the holder
 */
export async function claimLock(options: ClaimOptions): Promise<Moment> {
  return claim(LOCK_KEY, options)
}

async function claim(key: string, options: ClaimOptions): Promise<Moment> {
  const { objects, text } = options
  let seen: SeenLock | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const started = now()
    const existsAt = await objects.create(key, text)
    if (existsAt === undefined) return started
    seen = await objects.read(key)
    if (seen === undefined) continue
    // It is ours: the answer to a first attempt that succeeded was lost.
    if (seen.text === text) return started
    const ageMs = existsAt - seen.modified
    if (!(await options.isDead({ ...seen, key, ageMs }))) throw lockedError(seen.text)
    const takenOver = await succeed(key, seen, options)
    if (takenOver === undefined) continue
    options.onTakeOver(seen, ageMs)
    return takenOver
  }
  throw lockedError(seen?.text)
}

/** Takes the lock of a dead run over. @returns undefined if it is no longer the lock that was seen */
async function succeed(key: string, seen: SeenLock, options: ClaimOptions): Promise<Moment | undefined> {
  const { objects, text, limitMs } = options
  const right = SUCCESSION + identityOf(seen)
  const claimed = await claim(right, options)
  try {
    const latest = await objects.read(key)
    if (latest?.text !== seen.text || latest.modified !== seen.modified) return undefined
    const started = now()
    if (msSince(claimed) > limitMs) return undefined
    await objects.write(key, text)
    return started
  } finally {
    await objects.remove(right)
  }
}

/** A text that differs from lock to lock and may stand in a key. */
function identityOf(seen: SeenLock): string {
  return createHash('sha256').update(seen.text).digest('hex').slice(0, 32)
}

/** A moment on both clocks: the monotonic one stands still while the machine sleeps, the other one can be set. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export function now(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}

export function msSince(moment: Moment): number {
  return Math.max(performance.now() - moment.monotonic, Date.now() - moment.wall)
}
