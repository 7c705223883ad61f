import { counted } from '../../count.js'
import { documentKeys } from '../../model/document.js'
import { integrityDirectory } from '../../model/layout.js'
import { pageKeys } from '../../model/page.js'
import type { Context } from '../run/context.js'
import type { Removal } from '../run/report.js'
import { namedProvenance } from './provenance.js'
import { removeDocuments, removePages } from './pages.js'
import { pageDirectories, storedPages, storedProject } from './stored.js'

/** What removing projects takes of a run. */
type RemovalContext = Pick<Context, 'config' | 'storage' | 'log' | 'report' | 'owners' | 'filters'>

/**
 * Takes a project's pages and metadata away, so that nothing installs it; its files, too, with
 * `removed-projects = delete`, or where advisories block it and `[osv] action = delete` is set. Pages go first: nobody is
 * sent to a file that is gone.
 */
export async function removeProject(context: RemovalContext, removal: Removal): Promise<void> {
  const { config, storage, log, report, filters } = context
  const { project: name, by } = removal
  const isBad = by === 'advisories' && filters.advisories?.advises.action === 'delete'
  const deletes = config.removedProjects === 'delete' || isBad
  const files = deletes ? await ownedKeys(context, name) : []
  await removeServed(context, name)
  const removed = await removeFiles(context, { name, keys: files, pruneParents: 'all' })
  if (deletes) await storage.removeTree(integrityDirectory(name))
  report.removals.push(removal)
  const fate = deletes ? `${counted(removed, 'file')} deleted` : 'its files stay until verify --delete'
  log.info(`Removed ${name} from the index: ${removal.reason} (${fate})`)
}

/** Removes pages at both places of `hash-index`, and documents unless they are still needed. */
export async function removeServed(
  { config, storage }: Pick<Context, 'config' | 'storage'>,
  name: string,
  { documents }: { readonly documents: boolean } = { documents: true },
): Promise<void> {
  const [own, other] = pageDirectories(name, config.hashIndex)
  // A directory of one letter may hold those of other projects, from another time of `hash-index`.
  if (name.length === 1 && !config.hashIndex) await removePages(storage, own)
  else await storage.removeTree(own)
  await removePages(storage, other)
  if (documents) await removeDocuments(storage, name)
}

export interface FileRemoval {
  /** the project that they belong to */
  readonly name: string
  readonly keys: readonly string[]
  /** 'all': the directories that they leave empty go, too. The command `delete` leaves them, as 8.0 does. */
  readonly pruneParents: 'all' | false
}

/**
 * Removes release files of a project but none that another project's page
 * names. Returns how many were removed.
 */
export async function removeFiles(
  { storage, owners, report, log }: RemovalContext,
  { name, keys, pruneParents }: FileRemoval,
): Promise<number> {
  let removed = 0
  for (const key of keys) {
    const [other] = await owners.others(key, name)
    if (other !== undefined) {
      log.info(`${storage.location(key)} stays: the page of ${other} names it, too`)
      continue
    }
    removed += await storage.remove(key, { pruneParents })
  }
  report.filesRemoved += removed
  return removed
}

/**
 * Every stored file that the mirror's own pages and documents ascribe to a project.
 * @param madeWith option -> value that its pages were made with, where that is known
 */
export async function ownedKeys(
  { storage, config }: Pick<Context, 'config' | 'storage'>,
  name: string,
  madeWith: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const keys = new Set<string>()
  const project = await storedProject(storage, name)
  if (project !== undefined && project !== 'unreadable')
    documentKeys(project, config.digestName).forEach((key) => keys.add(key))
  for (const page of await storedPages(storage, config, name)) {
    pageKeys(page, config.rootUri).forEach((key) => keys.add(key))
    namedProvenance({ config }, name, { page, shapes: [madeWith] }).forEach((key) => keys.add(key))
  }
  return [...keys]
}
