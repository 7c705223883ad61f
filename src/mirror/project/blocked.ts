import type { Advises, Filters } from '../../filters/types.js'
import { versionFromFilename } from '../../packaging/filename.js'
import type { Project } from '../../model/project.js'
import type { WorkItem } from '../plan/types.js'
import type { Context } from '../run/context.js'
import type { Removal } from '../run/report.js'
import { documentKeys } from '../../model/document.js'
import { ownedKeys } from './remove.js'
import { projectFromPage } from './page-project.js'
import { storedPage } from './stored.js'

type ByAdvisories = { readonly filters: Pick<Filters, 'advisories'> }

/** What advisories say, where they name the project. */
export function advisesOf({ filters }: ByAdvisories, name: string): Advises | undefined {
  const advises = filters.advisories?.advises
  return advises === undefined || advises.fingerprint(name) === '' ? undefined : advises
}

/** Why nothing of a project may be served: advisories block every release that has files. undefined where one is left. */
export function whollyBlocked(context: ByAdvisories, project: Project): string | undefined {
  const advises = advisesOf(context, project.name)
  if (advises === undefined) return undefined
  const ids = new Set<string>()
  for (const { version, files } of project.releases) {
    if (files.length === 0) continue
    const found = advises.blocking(project.name, version)
    if (found.length === 0) return undefined
    for (const id of found) ids.add(id)
  }
  return ids.size === 0 ? undefined : `blocked by ${[...ids].sort().slice(0, MOST_IDS).join(', ')}`
}

const MOST_IDS = 5

/**
 * Whether a file that the mirror ascribes to a project is of a blocked release. `key`: of the file, of its core metadata or
 * of its provenance; `versions`: of the project, as far as they are known
 */
function isBlockedKey(
  advises: Advises,
  key: string,
  { name, versions }: { readonly name: string; readonly versions: readonly string[] },
): boolean {
  // A provenance object is in a directory with the name of its file.
  const filename = (/([^/]+)\/provenance$/.exec(key)?.[1] ?? key.slice(key.lastIndexOf('/') + 1)).replace(
    /\.metadata$/,
    '',
  )
  const version = versionFromFilename(filename, name, versions)
  return version !== undefined && advises.blocking(name, version).length > 0
}

/**
 * Stored files that go when they are no longer served: all that the mirror ascribes to the project with
 * `removed-projects = delete`, those of blocked releases with `[osv] action = delete`.
 */
export async function deletedKeys(
  context: Pick<Context, 'storage' | 'config' | 'filters'>,
  project: Project,
  madeWith: WorkItem['madeWith'],
): Promise<string[]> {
  const { config } = context
  if (config.removedProjects === 'delete') return ownedKeys(context, project.name, madeWith)
  const advises = advisesOf(context, project.name)
  if (advises?.action !== 'delete') return []
  const versions = project.releases.map(({ version }) => version)
  const known = new Set([
    ...(await ownedKeys(context, project.name, madeWith)),
    ...documentKeys(project, config.digestName),
  ])
  return [...known].filter((key) => isBlockedKey(advises, key, { name: project.name, versions }))
}

/**
 * The removal, as one by advisories where they block all that is served of the project: PyPI takes malware off its
 * list, and no guard must keep it.
 */
export async function asMalware(
  context: Pick<Context, 'storage' | 'config' | 'filters'>,
  removal: Removal,
): Promise<Removal> {
  const { project: name, reason } = removal
  if (removal.by === 'advisories' || advisesOf(context, name) === undefined) return removal
  const page = await storedPage(context.storage, context.config, name)
  if (page === undefined) return removal
  const why = whollyBlocked(context, projectFromPage(page, { name, rawName: name }, context.config))
  return why === undefined ? removal : { project: name, reason: `${reason}; ${why}`, by: 'advisories' }
}
