import { BandersnatchError, InvalidDocumentError } from '../../errors.js'
import type { Filters } from '../../filters/types.js'
import type { FileSpec } from '../../model/files.js'
import type { Project } from '../../model/project.js'
import { releaseFiles } from '../../model/project.js'
import { isStrict, strictly } from '../project/strict.js'
import type { Context } from '../run/context.js'

type Complete = (spec: FileSpec) => Promise<FileSpec>

/**
 * `complete` for files of pages that were made under another configuration, or before an advisory: what is held back or
 * blocked now is not fetched again. The next `mirror` run takes it off the pages.
 */
export function unlessWithheld({ filters }: Pick<Context, 'filters'>, project: Project, complete: Complete): Complete {
  if (!isStrict(filters)) return complete
  const kept = new Set(releaseFiles(safely(filters, project)).map(({ filename }) => filename))
  return async (spec) => {
    if (kept.has(spec.filename.replace(/\.metadata$/, ''))) return complete(spec)
    throw new BandersnatchError(
      `${spec.filename} is not fetched, as it is held back or blocked now. The next mirror run takes it off the page`,
    )
  }
}

/** A page may lack what a filter reads: then its files are left as they are. */
function safely(filters: Filters, project: Project): Project {
  try {
    return strictly(filters, project)
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error
    return { ...project, releases: [] }
  }
}
