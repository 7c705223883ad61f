import { InvalidDocumentError } from '../../errors.js'
import type { Project } from '../../model/project.js'
import { releaseFiles } from '../../model/project.js'
import type { WorkItem } from '../plan/types.js'
import type { Context } from '../run/context.js'
import { projectFromPage } from './page-project.js'
import { writePages } from './pages.js'
import { storedPage, tellsTimes } from './stored.js'
import { isStrict, strictly } from './strict.js'

/**
 * Takes off the served pages of a project what must not be served any more, where upstream could not be asked for the
 * project: what advisories block, and what is held back as far as the page tells times. Its line in the ledger stays, so
 * that the next run makes its pages anew.
 */
export async function takeOffWithheld(context: Context, item: WorkItem): Promise<void> {
  const { storage, config, filters, log } = context
  const { name, entry } = item
  if (!isStrict(filters) || entry === undefined || entry.absent !== undefined) return
  const page = await storedPage(storage, config, name)
  if (page === undefined) return
  // HTML pages have no upload times: on them everything would be too young.
  const usable = tellsTimes(page) ? filters : { ...filters, releaseFile: [] }
  const project = projectFromPage(page, item, config)
  const left = leftOf(() => strictly(usable, project), project)
  const gone = releaseFiles(project).length - releaseFiles(left).length
  if (gone === 0) return
  log.warn(`${name}: it cannot be brought up to date, but files that are held back or blocked are taken off its pages`)
  await writePages(storage, config, { project: left, serial: project.lastSerial, reshaped: false })
}

function leftOf(ask: () => Project, otherwise: Project): Project {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error
    return otherwise
  }
}
