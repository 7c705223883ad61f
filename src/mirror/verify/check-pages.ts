import { PAGE_NAMES } from '../../model/layout.js'
import type { Project } from '../../model/project.js'
import { removeOtherForms, renderPages, writePages } from '../project/pages.js'
import { pageDirectories } from '../project/stored.js'
import type { Context } from '../run/context.js'

/**
 * Compares a project's stored pages with what they should be, formats and places that the configuration no longer has
 * included. Returns the keys of those that are missing, damaged, stale or too many.
 */
export async function wrongPages(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  project: Project,
): Promise<string[]> {
  const [own, other] = pageDirectories(project.name, config.hashIndex)
  const wanted = new Map<string, string>(renderPages(project, config))
  // One call, where asking for each page would take three.
  const misplaced = new Set(await storage.names(other, 'files'))
  const wrong: string[] = []
  for (const page of PAGE_NAMES) {
    const key = `${own}/${page}`
    const text = wanted.get(page)
    const stored = await storage.read(key)
    if (text === undefined ? stored !== undefined : stored === undefined || !stored.equals(Buffer.from(text)))
      wrong.push(key)
    if (misplaced.has(page)) wrong.push(`${other}/${page}`)
  }
  return wrong
}

/** Writes a project's pages anew, as a set. */
export async function repairPages(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  project: Project,
): Promise<void> {
  await writePages(storage, config, { project, serial: project.lastSerial, reshaped: false })
  await removeOtherForms(storage, config, project.name)
}
