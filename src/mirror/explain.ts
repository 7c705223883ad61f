import { explain, filterReleases, keepsProject } from '../filters/apply.js'
import type { Drop, Filters } from '../filters/types.js'
import { isSafeProjectName } from '../model/layout.js'
import { releaseFiles } from '../model/project.js'
import type { Project } from '../model/project.js'
import { meantText } from '../model/nearest-name.js'
import { normalizeName } from '../packaging/name.js'
import { neededBy, recallNeeds } from './closure/recall.js'
import { openLedger } from './plan/open-ledger.js'
import { whollyBlocked } from './project/blocked.js'
import { fetchProject } from './project/fetch-project.js'
import { hasPages } from './project/stored.js'
import type { Context } from './run/context.js'
import { createListing } from './run/listed.js'
import type { LedgerEntry } from './state/ledger-entry.js'
import { loadNotes } from './state/run-notes.js'
import { loadState } from './state/status-files.js'

/** One thing that the filters drop, and where that is configured. */
export interface ExplainedDrop extends Drop {
  /** file and line of the entry or option that decides; '' where nothing is set */
  readonly where: string
}

/** How much there is of a project. */
export interface Amount {
  readonly releases: number
  readonly files: number
  /** as far as upstream tells sizes */
  readonly bytes: number
}

/** Which plugin decides over a project, its releases and its files, and what the ledger says: `mirror --explain NAME`. */
export interface Explanation {
  readonly name: string
  readonly mirrored: boolean
  readonly verdict: string
  readonly drops: readonly ExplainedDrop[]
  /** what upstream has and what the filters leave of it; undefined where upstream was not asked or does not have it */
  readonly upstream?: Amount
  readonly left?: Amount
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
  if (!keepsProject(filters, rawName).keep) {
    const [drop] = explain(filters, { name, rawName, lastSerial: 0, info: {}, releases: [] })
    return { ...about, verdict: droppedText(filters, name, drop), drops: [] }
  }
  const fetched = await fetchProject(context, rawName, 0)
  if (typeof fetched === 'string') return { ...about, verdict: await absentText(context, name, fetched), drops: [] }
  const drops = explain(filters, fetched.project)
  const dropped = drops.find((drop) => drop.kind === 'project')
  const upstream = amountOf(fetched.project)
  const blocked = dropped === undefined ? whollyBlocked(context, fetched.project) : undefined
  const left = dropped === undefined ? amountOf(filterReleases(filters, fetched.project)) : NOTHING
  return {
    ...about,
    verdict: blocked ?? (dropped === undefined ? wantedText(upstream, left) : droppedText(filters, name, dropped)),
    drops: drops.map((drop) => ({ ...drop, where: whereDecided(filters, name, drop.plugin) })),
    upstream,
    left,
  }
}

const NOTHING: Amount = { releases: 0, files: 0, bytes: 0 }

function amountOf(project: Project): Amount {
  const files = releaseFiles(project)
  const bytes = files.reduce((sum, { size }) => sum + (size ?? 0), 0)
  return { releases: project.releases.filter((release) => release.files.length > 0).length, files: files.length, bytes }
}

function wantedText(upstream: Amount, left: Amount): string {
  if (upstream.files === 0) return 'wanted, but upstream has no files of it'
  return left.files === 0 ? 'nothing of it is left: the filters drop every file, and its page is empty' : 'wanted'
}

function droppedText(filters: Filters, name: string, drop: Drop | undefined): string {
  const plugin = drop?.plugin ?? 'a filter'
  const where = whereDecided(filters, name, drop?.plugin)
  return `dropped by ${plugin}${where === '' ? '' : ` (${where})`}`
}

async function absentText(context: Context, name: string, absence: 'empty' | 'missing'): Promise<string> {
  if (absence === 'empty') return 'upstream has no files of it'
  const listing = createListing(context)
  if (await listing.has(name)) return 'upstream lists it, but does not have it'
  return `upstream does not have it${meantText(await listing.meant(name))}`
}

/** The entries of a list that name the project, or else the options that the plugin reads. */
function whereDecided({ entries, places }: Filters, name: string, plugin: string | undefined): string {
  if (plugin === undefined) return ''
  const list = plugin.startsWith('blocklist_') ? 'unwanted' : 'wanted'
  const byEntries = /^(?:blocklist|allowlist|project_requirements)/.test(plugin)
  const found = byEntries ? entries.filter((entry) => entry.list === list && entry.name === name) : []
  if (found.length === 0) return places[plugin] ?? ''
  return [...new Set(found.map(({ where }) => where))].join(', ')
}
