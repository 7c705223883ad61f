import { BandersnatchError } from '../errors.js'
import { missingVersions, unknownLines, unknownNames } from '../filters/unknown.js'
import type { Unknown } from '../filters/unknown.js'
import { everythingMeant } from './plan/everything.js'
import type { Everything } from './plan/everything.js'
import { fetchProject } from './project/fetch-project.js'
import type { Context } from './run/context.js'
import { eachOf } from './run/each-of.js'
import { isProjectFault } from './run/fault.js'
import type { ProjectList } from '../upstream/types.js'

/** For so many pinned projects upstream is asked which versions it has. */
const MOST_ASKED = 200

/** What `check-config` found about what is to be mirrored. */
export interface CheckedWanted {
  readonly everything?: Everything | undefined
  /** names and versions of lists that upstream does not have, one line each */
  readonly unknown: readonly string[]
}

/**
 * What the configuration asks for: all of upstream, with the space that takes, or names and versions that upstream does
 * not have. Online it fetches upstream's list of projects.
 */
export async function checkWanted(
  context: Context,
  { offline }: { readonly offline: boolean },
): Promise<CheckedWanted> {
  const { filters } = context
  const isLimited = context.closure !== undefined || filters.project.some(({ onlyListed }) => onlyListed === true)
  if (isLimited && (offline || filters.entries.length === 0)) return { unknown: [] }
  const isPypi = PYPI_ITSELF.test(context.upstream.url)
  const list = offline || (!isLimited && isPypi) ? undefined : await askList(context)
  if (!isLimited) return { everything: await allOf(context, list), unknown: [] }
  if (list === undefined) return { unknown: [] }
  const unknown: Unknown = { names: unknownNames(filters.entries, list.projects), versions: await versionsOf(context) }
  return { unknown: unknownLines(unknown, filters.entries) }
}

/** How large it is everybody knows. */
const PYPI_ITSELF = /^https:\/\/(?:pypi\.org|pypi\.python\.org)$/

async function allOf(
  { config, storage, upstream }: Context,
  list: ProjectList | undefined,
): Promise<Everything | undefined> {
  if (list === undefined && !PYPI_ITSELF.test(upstream.url)) return undefined
  return everythingMeant(list?.projects.size, { config, free: await storage.properties.freeBytes?.() })
}

/** undefined where upstream does not give it: the check of the master says why. */
async function askList({ upstream }: Context): Promise<ProjectList | undefined> {
  try {
    const list = await upstream.list()
    return list === 'unchanged' ? undefined : list
  } catch (error) {
    if (error instanceof BandersnatchError) return undefined
    throw error
  }
}

async function versionsOf(context: Context): Promise<Unknown['versions']> {
  const versions: Record<string, Readonly<Record<string, string>>> = {}
  const pinned = [...context.filters.pins].slice(0, MOST_ASKED)
  await eachOf(context, { items: pinned, width: context.config.workers }, async ([name, entries]) => {
    try {
      const fetched = await fetchProject(context, name, 0)
      if (typeof fetched === 'string') return
      const missing = missingVersions(
        entries,
        fetched.project.releases.map(({ version }) => version),
      )
      if (Object.keys(missing).length > 0) versions[name] = missing
    } catch (error) {
      if (!isProjectFault(error)) throw error
    }
  })
  return versions
}
