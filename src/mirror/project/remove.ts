import { PAGE_NAMES, jsonKey, pypiJsonKey, simpleDirectory } from '../../model/layout.js'
import type { Context } from '../run/context.js'
import type { Removal } from '../run/report.js'
import { documentKeys } from '../../model/document.js'
import { pageKeys } from '../../model/page.js'
import { storedPage, storedProject } from './stored.js'

/** A run never removes fewer than this many because of `removal-limit`: small mirrors would always be stuck. */
const ALWAYS_ALLOWED = 50
/** Upstream's list may shrink by this share and this many names before nobody believes it. */
const SHRINK_SHARE = 0.01
const SHRINK_NAMES = 100

/** Why projects go that the plan did not know of. */
export const WITHDRAWN = 'upstream has it no more (deleted or in quarantine)'
export const UNWANTED = 'a metadata filter no longer wants it'

export interface GuardInput {
  readonly removals: number
  readonly mirrored: number
  /** percent of the mirrored projects that may go in one run */
  readonly limit: number
  /** how many names upstream listed last time and now, where known */
  readonly listedBefore: number | undefined
  readonly listedNow: number | undefined
  readonly allowed: boolean
}

/** Why none of the removals may happen in this run; undefined when they may. */
export function removalGuard(input: GuardInput): string | undefined {
  const { removals, mirrored, limit, listedBefore, listedNow, allowed } = input
  if (removals === 0 || allowed) return undefined
  const override = 'nothing is removed; check upstream, then run again with --allow-removals if it is right'
  if (listedBefore !== undefined && listedNow !== undefined) {
    const lost = listedBefore - listedNow
    if (lost > SHRINK_NAMES && lost > listedBefore * SHRINK_SHARE) {
      return `upstream lists ${listedNow} projects, ${lost} fewer than last time: ${override}`
    }
  }
  const most = Math.max(ALWAYS_ALLOWED, Math.ceil((mirrored * limit) / 100))
  return removals > most
    ? `${removals} of ${mirrored} mirrored projects would go, more than the ${most} that removal-limit allows: ${override}`
    : undefined
}

/** Takes a project's pages and metadata away, so that nothing installs it; with policy `delete` its files too. */
export async function removeProject(context: Context, removal: Removal): Promise<void> {
  const { storage, config, log, report } = context
  const { project: name } = removal
  const doomed = config.removedProjects === 'delete' ? await ownedKeys(context, name) : []
  await storage.removeTree(simpleDirectory(name, config.hashIndex))
  await storage.remove(jsonKey(name))
  await storage.remove(pypiJsonKey(name), { pruneParents: true })
  await removeFiles(context, doomed)
  report.removals.push(removal)
  const files =
    config.removedProjects === 'delete' ? `${doomed.length} files deleted` : 'its files stay until verify --delete'
  log.warn(`Removed ${name} from the index: ${removal.reason} (${files})`)
}

/** Removes release files with the directories that they leave empty. */
export async function removeFiles(context: Context, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    if (await context.storage.remove(key, { pruneParents: 'all' })) context.report.filesRemoved += 1
  }
}

/** Whether the mirror serves pages of a project; other directories below `web/simple` are not ours to remove. */
export async function hasPages(context: Context, name: string): Promise<boolean> {
  const directory = simpleDirectory(name, context.config.hashIndex)
  for (const page of PAGE_NAMES) if ((await context.storage.stat(`${directory}/${page}`)) !== undefined) return true
  return false
}

/** Every stored file that the mirror's own documents ascribe to a project. */
export async function ownedKeys(context: Context, name: string): Promise<string[]> {
  const { storage, config } = context
  const keys = new Set<string>()
  const project = await storedProject(storage, name)
  if (project !== undefined && project !== 'unreadable')
    documentKeys(project, config.digestName).forEach((key) => keys.add(key))
  const page = await storedPage(storage, config, name)
  if (page !== undefined) pageKeys(page, config.rootUri).forEach((key) => keys.add(key))
  return [...keys]
}
