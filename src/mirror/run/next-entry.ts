import type { WorkItem } from '../plan/types.js'
import type { LedgerEntry, Owed } from '../state/ledger-entry.js'
import type { Context } from './context.js'
import type { Outcome, Synced } from './outcome.js'

const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR
/** From this run on a project that fails is asked for less and less often, at last once a day. */
const FIRST_PAUSE_RUN = 3
const FIRST_PAUSE = 5 * MINUTE

type EntryContext = Pick<Context, 'startedAt' | 'shapeOf' | 'config'>

/**
 * A project's line in the ledger after an outcome. 'unchanged' where its pages are still to be removed: the removal
 * writes the line.
 */
export function nextEntry(context: EntryContext, item: WorkItem, outcome: Outcome): LedgerEntry | 'unchanged' {
  const { name, serial } = item
  const shape = context.shapeOf(name)
  const served = item.entry !== undefined && item.entry.absent === undefined
  switch (outcome.kind) {
    case 'postponed':
      return 'unchanged'
    case 'synced':
      return syncedEntry(context, item, outcome)
    case 'filtered':
    case 'blocked':
      return served ? 'unchanged' : { serial: outcome.serial, shape, absent: outcome.kind, ...outcome.withheld }
    case 'refused':
      return served ? 'unchanged' : { serial: outcome.serial, shape, absent: outcome.kind }
    case 'empty':
      return served ? 'unchanged' : { serial, shape, absent: 'empty' }
    case 'missing':
      if (served)
        return isBelieved(context, item) ? 'unchanged' : failedEntry(context, item, { reason: MISSING, missing: true })
      return { serial, shape, absent: 'gone', ...ghostOwed(context, item) }
    case 'failed':
      return failedEntry(context, item, { reason: outcome.reason })
  }
}

function syncedEntry(context: EntryContext, item: WorkItem, outcome: Synced): LedgerEntry {
  const { serial, rawName, foreign, withheld, owed } = outcome
  return {
    serial,
    shape: context.shapeOf(item.name),
    ...(rawName === item.name ? {} : { rawName }),
    ...(foreign ? { foreign: true } : {}),
    ...withheld,
    ...(owed === undefined ? {} : { owed: nextOwed(context, item, { reason: owed }) }),
  }
}

export const MISSING = 'upstream lists it, but answers 404 for its metadata and its page'

/** A project that the mirror never had is no failure; but a cache may be wrong, so it is asked for again for a while. */
function ghostOwed(context: EntryContext, item: WorkItem): { readonly owed?: Owed } {
  return isBelieved(context, item) ? {} : { owed: nextOwed(context, item, { reason: MISSING, missing: true }) }
}

interface Failure {
  readonly reason: string
  readonly missing?: true
}

function failedEntry(context: EntryContext, item: WorkItem, failure: Failure): LedgerEntry {
  const before = item.entry ?? { serial: 0, shape: context.shapeOf(item.name), absent: 'failed' as const }
  const spelled = item.rawName === item.name ? {} : { rawName: item.rawName }
  return { ...before, ...spelled, owed: nextOwed(context, item, failure) }
}

/** Counts one more failing run, and says when the project is asked for again. */
export function nextOwed({ startedAt }: EntryContext, { entry, serial }: WorkItem, { reason, missing }: Failure): Owed {
  const now = Math.floor(startedAt.getTime() / 1000)
  const before = entry?.owed
  const runs = (before?.runs ?? 0) + 1
  const pause = runs < FIRST_PAUSE_RUN ? 0 : Math.min(DAY, FIRST_PAUSE * 2 ** (runs - FIRST_PAUSE_RUN))
  // A time in the future comes from a clock that was wrong.
  const since = Math.min(before?.since ?? now, now)
  // The time since when upstream says that it is missing counts from the first such answer.
  const sinceMissing = missing === true && before?.missing !== true ? now : since
  return {
    since: missing === true ? sinceMissing : since,
    runs,
    next: now + pause,
    serial,
    ...(missing === true ? { missing } : {}),
    reason,
  }
}

/**
 * Whether a 404 of a project means that it is gone: upstream said that it was removed, or has answered so for as long as
 * `withdraw-after` says. A project that upstream lists is not withdrawn: a cache may be wrong.
 */
export function isBelieved({ startedAt, config }: EntryContext, { removed, listed, entry }: WorkItem): boolean {
  if (removed && listed !== true) return true
  const owed = entry?.owed
  return owed?.missing === true && startedAt.getTime() / 1000 - owed.since >= config.withdrawAfter * HOUR
}
