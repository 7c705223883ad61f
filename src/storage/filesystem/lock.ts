import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'
import { LockedError } from '../../errors.js'
import { errorCode, storageError } from './errors.js'
import type { Lock } from '../types.js'

/** What the lock needs to know of this process and its neighbours. */
export interface Host {
  readonly pid: number
  /** changes with every start of the machine; '' where the system does not tell */
  readonly bootId: string
  readonly umask: number
  /** undefined when no such process runs; else a text that another process of the same number does not have */
  processIdentity(pid: number): string | undefined
}

interface Holder {
  readonly pid: number
  readonly identity: string
  readonly host: string
  readonly boot: string
  readonly command: string
  readonly since: string
}

/** Runs on another host (or in another container) are believed dead this long after their last sign of life. */
const STALE_MS = 30_000
/** The same for a lock whose holder was killed before it could say who it is. */
const STALE_NAMELESS_MS = 5_000
const UPDATE_MS = 2_000

/**
 * The lock of a mirror directory, held for the whole run. On the same host the holder's process decides whether it
 * still lives, so that a killed run blocks nobody and a busy one is not robbed; elsewhere proper-lockfile's mtime does.
 * @throws LockedError naming the holder
 */
export async function lockDirectory(
  own: string,
  command: string,
  host: Host,
  onLost: (error: Error) => void,
): Promise<Lock> {
  const lockPath = join(own, 'lock')
  const holderPath = join(own, 'lock-holder.json')
  const text = readOr(holderPath)
  const holder = parseHolder(text)
  const alive = holder !== undefined && isAlive(holder, host)
  if (alive === true && fs.existsSync(lockPath)) throw locked(holder)
  if (holder !== undefined && alive === false) takeOver(lockPath, holderPath, text)
  const mine = JSON.stringify({
    pid: host.pid,
    identity: host.processIdentity(host.pid) ?? '',
    host: hostname(),
    boot: host.bootId,
    command,
    since: new Date().toISOString(),
  } satisfies Holder)
  let release = async (): Promise<void> => undefined
  const take = async (stale: number): Promise<void> => {
    const onCompromised = (): void => void takeAgain()
    release = await lockfile.lock(own, {
      lockfilePath: lockPath,
      realpath: false,
      stale,
      update: UPDATE_MS,
      onCompromised,
    })
  }
  /** The lock has another time than it should. While the holder's file is ours, only its time was touched. */
  const takeAgain = async (): Promise<void> => {
    try {
      const now = fs.readFileSync(holderPath, 'utf8')
      if (now !== mine)
        throw new LockedError(`the mirror's lock was taken by ${holderText(parseHolder(now))}; this run stops`)
      fs.rmSync(lockPath, { recursive: true, force: true })
      await take(STALE_MS)
    } catch (error) {
      onLost(storageError(error, 'keep the lock', lockPath))
    }
  }
  try {
    await take(holder === undefined ? STALE_NAMELESS_MS : STALE_MS)
  } catch (error) {
    if (errorCode(error) === 'ELOCKED') throw locked(parseHolder(readOr(holderPath)))
    throw storageError(error, 'lock', own)
  }
  try {
    // Never through a link.
    fs.rmSync(holderPath, { force: true })
    fs.writeFileSync(holderPath, mine, { flag: 'wx' })
  } catch (error) {
    await release()
    throw storageError(error, 'write', holderPath)
  }
  return {
    async release() {
      if (readOr(holderPath) !== mine) return
      try {
        fs.rmSync(holderPath, { force: true })
        await release()
      } catch {
        // A disk that became read-only, say. The next run sees that this process is gone.
      }
    },
  }
}

/** undefined: it ran on another host, so this one cannot tell. */
function isAlive(holder: Holder, host: Host): boolean | undefined {
  if (holder.host !== hostname()) return undefined
  if (holder.boot !== host.bootId) return false
  return host.processIdentity(holder.pid) === holder.identity && holder.pid !== host.pid
}

function locked(holder: Holder | undefined): LockedError {
  return new LockedError(`the mirror is in use by ${holderText(holder)}; this run ends without doing anything`)
}

function holderText(holder: Holder | undefined): string {
  if (holder === undefined) return 'another run'
  return `"bandersnatch ${holder.command}" (process ${holder.pid} on ${holder.host}, since ${holder.since})`
}

/** Removes a dead run's lock. Two runs may try at once: only the one that moved the dead holder's own file aside does. */
function takeOver(lockPath: string, holderPath: string, deadText: string): void {
  const aside = `${holderPath}.dead`
  try {
    fs.renameSync(holderPath, aside)
  } catch {
    return
  }
  if (readOr(aside) === deadText) fs.rmSync(lockPath, { recursive: true, force: true })
  else fs.renameSync(aside, holderPath)
}

function readOr(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function parseHolder(text: string): Holder | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const entries = new Map<string, unknown>(Object.entries(value))
  const string = (key: string): string => {
    const found = entries.get(key)
    return typeof found === 'string' ? found : ''
  }
  const pid = entries.get('pid')
  return {
    pid: typeof pid === 'number' ? pid : 0,
    identity: string('identity'),
    host: string('host'),
    boot: string('boot'),
    command: string('command'),
    since: string('since'),
  }
}
