import { explain, keepsProject } from '../filters/apply.js'
import type { Drop } from '../filters/types.js'
import { isSafeProjectName } from '../model/layout.js'
import { normalizeName } from '../packaging/name.js'
import { neededBy, recallNeeds } from './closure/recall.js'
import { openLedger } from './plan/open-ledger.js'
import { whollyBlocked } from './project/blocked.js'
import { fetchProject } from './project/fetch-project.js'
import { hasPages } from './project/stored.js'
import type { Context } from './run/context.js'
import type { LedgerEntry } from './state/ledger-entry.js'
import { loadNotes } from './state/run-notes.js'
import { loadState } from './state/status-files.js'

export type { Drop }

/** Which plugin decides over a project, its releases and its files, and what the ledger says: `mirror --explain NAME`. */
export interface Explanation {
  readonly name: string
  readonly mirrored: boolean
  readonly verdict: string
  readonly drops: readonly Drop[]
  /** the project's line in the ledger; undefined where it has none */
  readonly ledger: LedgerEntry | undefined
  /** today's configuration would make its pages otherwise */
  readonly outdated: boolean
  /** which requirements need it, with [closure], as the last run found out */
  readonly neededBy: readonly string[]
}

/** @throws UpstreamError */
export async function explainProject(context: Context, rawName: string): Promise<Explanation> {
  const { storage, config, filters, log } = context
  const name = normalizeName(rawName)
  const notes = await loadNotes(storage)
  const state = await loadState(storage, log, { readOnly: true })
  await recallNeeds(context)
  const { ledger } = await openLedger(context, { notes, state, thorough: false, readOnly: true })
  const entry = ledger.get(name)
  const mirrored = isSafeProjectName(name) && (await hasPages(storage, config, name))
  const outdated = mirrored && entry?.shape !== context.shapeOf(name)
  const about = { name, mirrored, ledger: entry, outdated, neededBy: await neededBy(context, name) }
  const byName = keepsProject(filters, rawName)
  if (!byName.keep) return { ...about, verdict: byName.reason ?? 'dropped', drops: [] }
  const fetched = await fetchProject(context, rawName, 0)
  if (typeof fetched === 'string') return { ...about, verdict: 'upstream does not have it', drops: [] }
  const drops = explain(filters, fetched.project)
  const dropped = drops.find((drop) => drop.kind === 'project')
  if (dropped !== undefined) return { ...about, verdict: `dropped by ${dropped.plugin ?? 'a filter'}`, drops }
  return { ...about, verdict: whollyBlocked(context, fetched.project) ?? 'wanted', drops }
}
