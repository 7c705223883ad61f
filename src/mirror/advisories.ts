import { listAdvisories } from '../advisories/list.js'
import type { AdvisoryRow } from '../advisories/list.js'
import type { FeedCounts } from '../advisories/types.js'
import { normalizeName } from '../packaging/name.js'
import { openAdvisories } from './run/advisories.js'
import type { Context } from './run/context.js'

/** The advisories that the mirror goes by. */
export interface AdvisoryList {
  /** the database that they come from */
  readonly source: string
  /** ISO 8601: when it was read, and when it last said that the copy is current */
  readonly readAt: string
  readonly checkedAt: string
  readonly counts: FeedCounts
  readonly advisories: readonly AdvisoryRow[]
}

export interface AdvisoryChoice {
  /** projects to list, in any spelling; none: those of which the mirror has blocked something */
  readonly names: readonly string[]
  /** every project that the database names */
  readonly all: boolean
}

/** What the stored copy of the database says; undefined where no filter goes by advisories. @throws BandersnatchError */
export async function listBlocked(context: Context, { names, all }: AdvisoryChoice): Promise<AdvisoryList | undefined> {
  const source = context.filters.advisories?.advises.source
  if (source === undefined) return undefined
  const read = { ...context, now: context.startedAt.getTime() }
  const { index, snapshot } = await openAdvisories(read, source, 'stored')
  const chosen = names.length > 0 ? names.map(normalizeName) : all ? undefined : await blockedNames(context)
  return {
    source: snapshot.source,
    readAt: new Date(snapshot.readAt).toISOString(),
    checkedAt: new Date(snapshot.checkedAt).toISOString(),
    counts: snapshot.counts,
    advisories: listAdvisories(index, chosen),
  }
}

async function blockedNames({ ledger }: Context): Promise<string[]> {
  const entries = [...(await ledger()).exceptions()]
  return entries.flatMap(([name, { blocked = 0 }]) => (blocked > 0 ? [name] : [])).sort()
}
