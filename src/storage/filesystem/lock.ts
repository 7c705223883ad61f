import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { LockedError, systemCode } from '../../errors.js'
import { LAYOUT } from '../../model/layout.js'
import { LOCK_KEY, claimLock, msSince, now } from '../lock-claim.js'
import type { FoundLock, Moment } from '../lock-claim.js'
import { holderText, lockedError, parseHolder } from '../lock-holder.js'
import type { LockHolder } from '../lock-holder.js'
import type { Lock } from '../types.js'
import { storageError } from './errors.js'
import { lockFiles, readLock, readOr } from './lock-file.js'

/** What the lock needs to know about this process and its neighbours. */
export interface Host {
  readonly pid: number
  /** changes with every start of the machine; '' where the system does not tell */
  readonly bootId: string
  /** tells in which container process ids have their meaning; '' where the system does not tell */
  readonly pidNamespace: string
  readonly umask: number
  /** undefined when there is no such process; else a text that a later process with the same id does not have */
  processIdentity(pid: number): string | undefined
}

export interface LockOptions {
  /** the absolute path of a key */
  readonly path: (key: string) => string
  readonly host: Host
  /** called once if the lock is lost: taken by another run, or out of reach */
  readonly onLost: (error: Error) => void
}

/** A holder whose process cannot be looked at is believed dead this long after its last sign of life. */
const STALE_MS = 30_000
/** The same for a lock whose holder was killed before it could say who it is. */
const STALE_NAMELESS_MS = 5_000
const HEARTBEAT_MS = 2_000
/** The guard of the lock: stale after so long, tried so often. */
const GUARD_STALE_MS = 5_000
const GUARD_RETRIES = 100
const GUARD_PAUSE_MS = 100

/**
 * The lock of a mirror directory: a file that names its holder and is touched every two seconds. Where the holder's
 * process can be looked at (same host, boot and pid namespace), that decides whether it lives: a killed run blocks
 * nobody, and a busy one is not robbed. Elsewhere the time of the last touch decides.
 * @throws LockedError naming the holder
 */
export async function lockDirectory(command: string, options: LockOptions): Promise<Lock> {
  const { host, path } = options
  const mine: LockHolder = {
    run: randomUUID(),
    command,
    pid: host.pid,
    host: hostname(),
    since: new Date().toISOString(),
    identity: host.processIdentity(host.pid) ?? '',
    boot: host.bootId,
    pidNamespace: host.pidNamespace,
  }
  const text = JSON.stringify(mine)
  const objects = lockFiles(path)
  const claimed = await oneAtATime(options, () =>
    claimLock({
      objects,
      text,
      isDead: (found) => isDead(found, mine, options),
      limitMs: STALE_NAMELESS_MS / 2,
      onTakeOver: () => undefined,
    }),
  )
  return hold({ text, claimed }, options)
}

/**
 * Lets one process at a time look at the lock and take it. A process that is killed meanwhile holds up the others for as
 * long as proper-lockfile takes to see it, five seconds.
 */
async function oneAtATime<T>({ path }: LockOptions, take: () => Promise<T>): Promise<T> {
  const own = path(LAYOUT.own)
  let release: () => Promise<void>
  try {
    release = await lockfile.lock(own, {
      lockfilePath: path(`${LOCK_KEY}-guard`),
      realpath: false,
      stale: GUARD_STALE_MS,
      retries: { retries: GUARD_RETRIES, factor: 1, minTimeout: GUARD_PAUSE_MS, maxTimeout: GUARD_PAUSE_MS },
      // The lock itself is created and replaced in one step: the guard only spares runs a race.
      onCompromised: () => undefined,
    })
  } catch (error) {
    if (systemCode(error) === 'ELOCKED') throw lockedError(readOr(path(LOCK_KEY), readLock))
    throw storageError(error, 'lock', own)
  }
  try {
    return await take()
  } finally {
    // Whoever takes it for stale has removed it already.
    await release().catch(() => undefined)
  }
}

async function isDead(found: FoundLock, mine: LockHolder, { host, path }: LockOptions): Promise<boolean> {
  const { ageMs } = found
  const holder = parseHolder(found.text)
  const near =
    holder?.host === mine.host && holder.boot === mine.boot && holder.pidNamespace === mine.pidNamespace
      ? holder
      : undefined
  // This very process may have opened the mirror twice.
  if (near !== undefined && near.pid !== mine.pid) return host.processIdentity(near.pid) !== near.identity
  if (near !== undefined && near.identity !== mine.identity) return true
  if (ageMs > -STALE_MS) return ageMs > (holder === undefined ? STALE_NAMELESS_MS : STALE_MS)
  // A clock was set back, or those of two hosts differ: only watching tells.
  await delay(3 * HEARTBEAT_MS)
  return fs.lstatSync(path(found.key), { throwIfNoEntry: false })?.mtimeMs === found.modified
}

interface Holding {
  readonly text: string
  readonly claimed: Moment
}

function hold({ text, claimed }: Holding, { path, onLost }: LockOptions): Lock {
  const file = path(LOCK_KEY)
  let confirmed = claimed

  async function beat(): Promise<void> {
    // Somebody may have removed it by hand.
    if (!fs.existsSync(file)) fs.writeFileSync(file, text, { flag: 'wx' })
    const found = readLock(file)
    if (found !== text) throw new LockedError(`the mirror's lock was taken by ${holderText(found)}; this run stops`)
    const time = new Date()
    fs.utimesSync(file, time, time)
    confirmed = now()
  }

  const timer = setInterval(() => {
    beat().catch((error: unknown) => {
      // A short disturbance of a network file system ends no run.
      if (!(error instanceof LockedError) && msSince(confirmed) < STALE_MS / 2) return
      clearInterval(timer)
      onLost(storageError(error, 'keep the lock', file))
    })
  }, HEARTBEAT_MS)
  timer.unref()

  return {
    async release() {
      clearInterval(timer)
      try {
        if (readLock(file) === text) fs.rmSync(file, { force: true })
      } catch {
        // A disk that has become read-only, say. The next run sees that this process has ended.
      }
    },
  }
}
