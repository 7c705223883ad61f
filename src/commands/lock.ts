import { setTimeout as delay } from 'node:timers/promises'
import { EXIT, LockedError } from '../errors.js'
import { durationText } from '../report/figures.js'
import type { RunLog } from '../log/log.js'
import type { Log } from '../log/types.js'
import type { Lock, Storage } from '../storage/types.js'

/** What a command does while another run holds the mirror's lock. */
export interface LockOptions {
  /** seconds to wait for the lock; 0 for not at all */
  readonly wait: number
  /** end with exit code 0, for it is no failure */
  readonly ifFree: boolean
}

/** Between two looks at the lock. In a bucket each is a request. */
const LOOK_MS = 1000
const LOOK_AT_BUCKET_MS = 10_000

export interface LockWait {
  readonly waitSeconds: number
  readonly log: Log
  /** ends the wait */
  readonly signal: AbortSignal
}

/** Takes the mirror's lock; waits for it where another run has it. @throws LockedError naming the holder */
export async function takeLock(
  storage: Storage,
  command: string,
  { waitSeconds, log, signal }: LockWait,
): Promise<Lock> {
  const deadline = performance.now() + waitSeconds * 1000
  const pause = storage.properties.metered ? LOOK_AT_BUCKET_MS : LOOK_MS
  for (let waited = false; ; waited = true) {
    try {
      return await storage.lock(command)
    } catch (error) {
      const left = deadline - performance.now()
      if (!(error instanceof LockedError) || left <= 0) throw error
      if (!waited) log.info(`${error.message.split(';')[0]}; waiting for at most ${durationText(waitSeconds)}`)
      await delay(Math.min(left, pause), undefined, { signal }).catch(() => {
        throw signal.reason
      })
    }
  }
}

/** `--if-free`: another run at work is routine, which `--quiet` does not speak of. */
export function passOver(log: RunLog): (error: LockedError) => number {
  return (error) => {
    log.tell([])
    log.info(error.message)
    return EXIT.ok
  }
}
