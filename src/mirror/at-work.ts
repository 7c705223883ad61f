import { LAYOUT } from '../model/layout.js'
import { LOCK_KEY } from '../storage/lock-claim.js'
import { parseHolder } from '../storage/lock-holder.js'
import type { Storage } from '../storage/types.js'
import { countFinished } from './state/journal.js'
import { parseTodo } from './state/status-files.js'

/** A run that is working on the mirror. */
export interface RunAtWork {
  readonly command: string
  /** ISO 8601; '' where the lock does not say */
  readonly since: string
  readonly host: string
  readonly pid: number
  /** projects that are done, and all of its projects, where that is known */
  readonly done: number | undefined
  readonly total: number | undefined
}

/** The last sign of life of a run at work is younger than this. On S3 it gives six in an hour at least. */
const SILENCE_S = 60
const SILENCE_ON_S3_S = 900

/** undefined where no run holds the lock, or the one that did has died. `now`: milliseconds since the epoch */
export async function runAtWork(storage: Storage, now: number): Promise<RunAtWork | undefined> {
  const stat = await storage.stat(LOCK_KEY)
  const silence = storage.properties.metered ? SILENCE_ON_S3_S : SILENCE_S
  if (stat === undefined || now / 1000 - stat.time > silence) return undefined
  const holder = parseHolder((await storage.read(LOCK_KEY))?.toString('utf8') ?? '')
  if (holder === undefined) return undefined
  const { command, since, host, pid } = holder
  return { command, since, host, pid, ...(await howFar(storage, command)) }
}

async function howFar(storage: Storage, command: string): Promise<Pick<RunAtWork, 'done' | 'total'>> {
  const lines = async (key: string): Promise<string> => (await storage.read(key))?.toString('utf8') ?? ''
  if (command === 'verify') {
    const done = (await lines(LAYOUT.verified)).split('\n').length - 1
    return { done, total: undefined }
  }
  const todo = command === 'mirror' ? parseTodo(await lines(LAYOUT.todo)) : undefined
  // In a bucket the journal is in pieces.
  if (todo === undefined || storage.properties.metered) return { done: undefined, total: todo?.projects.size }
  return { done: countFinished(await lines(LAYOUT.journal)), total: todo.projects.size }
}
