import type { FeedContent } from './feed.js'
import type { AdvisorySnapshot } from './snapshot.js'

const DAY = 86_400_000
/** So many times within max-age it is noted that the stored copy is current. */
const CHECKS_NOTED = 14

/** What came of asking for the database. */
export type FeedAnswer =
  | { readonly kind: 'read'; readonly content: FeedContent; readonly etag?: string; readonly lastModified?: string }
  /** the source says that the stored copy is current */
  | { readonly kind: 'unchanged' }
  /** unreachable, damaged, hostile */
  | { readonly kind: 'failed'; readonly problem: string }

export interface SettleOptions {
  readonly source: string
  readonly prefixes: readonly string[]
  /** milliseconds since the epoch, fixed once a run */
  readonly now: number
  readonly maxAgeDays: number
}

/** Which advisories count in this run. */
export interface Settled {
  /** undefined: there are none at all. The run must not go on as if nothing was known to be bad. */
  readonly snapshot: AdvisorySnapshot | undefined
  /** the snapshot differs from the stored one and must be written */
  readonly changed: boolean
  readonly warnings: readonly string[]
  /** the run ends with exit code 1 */
  readonly incomplete: boolean
}

/**
 * Decides between the stored copy and what the source answered. A database that lost half of its advisories is a
 * mistake until somebody removes the stored copy.
 */
export function settleFeed(stored: AdvisorySnapshot | undefined, answer: FeedAnswer, options: SettleOptions): Settled {
  const usable = stored !== undefined && isFor(stored, options) ? stored : undefined
  if (answer.kind === 'unchanged') {
    if (usable === undefined) return lastCopy(undefined, 'the source sent nothing', options)
    // Noting each check would write the whole copy in every run.
    const changed = options.now - usable.checkedAt > (options.maxAgeDays * DAY) / CHECKS_NOTED
    return { snapshot: { ...usable, checkedAt: options.now }, changed, warnings: [], incomplete: false }
  }
  if (answer.kind === 'failed') return lastCopy(usable, answer.problem, options)
  const { content } = answer
  const shrunk = usable === undefined ? undefined : shrinkage(usable, content)
  if (shrunk !== undefined) return lastCopy(usable, shrunk, options)
  const { source, prefixes, now } = options
  const { etag, lastModified } = answer
  const { table, counts } = content
  const snapshot = { source, prefixes, readAt: now, checkedAt: now, etag, lastModified, counts, table }
  return { snapshot, changed: true, warnings: unreadableWarning(source, content), incomplete: false }
}

/** Whether a stored copy answers the same question; with another source or other prefixes it does not. */
export function isFor(
  { source, prefixes }: AdvisorySnapshot,
  wanted: Pick<SettleOptions, 'source' | 'prefixes'>,
): boolean {
  return source === wanted.source && [...prefixes].sort().join() === [...wanted.prefixes].sort().join()
}

/** Why a database is not believed: it has less than half of the advisories that it had. */
export function shrinkage(
  stored: Pick<AdvisorySnapshot, 'counts'>,
  read: Pick<FeedContent, 'counts'>,
): string | undefined {
  const [before, after] = [stored.counts.advisories, read.counts.advisories]
  if (after * 2 >= before) return undefined
  return `it shrank from ${before} to ${after} advisories (if that is right, remove .bandersnatch/advisories in the mirror)`
}

function lastCopy(stored: AdvisorySnapshot | undefined, problem: string, options: SettleOptions): Settled {
  const { source, now, maxAgeDays } = options
  if (stored === undefined) {
    const warning = `the advisories of ${source} cannot be used and there is no stored copy: ${problem}`
    return { snapshot: undefined, changed: false, warnings: [warning], incomplete: true }
  }
  const age = now - stored.checkedAt
  const isOld = age > maxAgeDays * DAY
  const copy = `the stored copy of ${new Date(stored.checkedAt).toISOString()} is used`
  const tooOld = isOld ? `, which is older than max-age = ${maxAgeDays} days` : ''
  const warning = `the advisories of ${source} cannot be used: ${problem}; ${copy}${tooOld}`
  return { snapshot: stored, changed: false, warnings: [warning], incomplete: isOld }
}

function unreadableWarning(source: string, { counts: { unreadable }, problems }: FeedContent): string[] {
  if (unreadable === 0) return []
  const records = unreadable === 1 ? '1 record' : `${unreadable} records`
  return [`${records} of ${source} cannot be read and block nothing, such as ${problems[0] ?? ''}`]
}
