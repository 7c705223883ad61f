import { InvalidDocumentError } from '../../errors.js'
import { LAYOUT, isSafeFilename, shown } from '../../model/layout.js'
import type { Project } from '../../model/project.js'
import { safeName } from '../../packaging/name.js'
import type { Context } from '../run/context.js'

/**
 * Removes the page directories that bandersnatch before 4.0 kept under the name as spelled upstream.
 * On a file system that ignores case such a directory may be the live one: then it is not listed by that name.
 */
export async function removeOldSpellings(
  { storage, config, log }: Pick<Context, 'storage' | 'config' | 'log'>,
  project: Project,
): Promise<void> {
  const spellings = new Set([project.rawName, safeName(project.rawName)])
  spellings.delete(project.name)
  for (const spelling of spellings) {
    if (!isSafeFilename(spelling)) throw new InvalidDocumentError(`${shown(spelling)} is not a project name`)
    const parent = config.hashIndex ? `${LAYOUT.simple}/${spelling.charAt(0)}` : LAYOUT.simple
    if (!(await storage.names(parent, 'directories')).includes(spelling)) continue
    const old = `${parent}/${spelling}`
    log.info(`Removing ${storage.location(old)}, a directory from before PEP 503`)
    // Its pages only: a directory that holds anything else stays, as with 8.0.
    const pages = await storage.names(old, 'files')
    for (const page of pages) await storage.remove(`${old}/${page}`, { pruneParents: true })
  }
}
