import { filterReleases } from '../../filters/apply.js'
import type { Filters } from '../../filters/types.js'
import type { Project } from '../../model/project.js'

/** Whether some filter holds back or blocks. */
export function isStrict({ timed, advisories }: Filters): boolean {
  return timed || advisories !== undefined
}

/** The filters but for those that go by time: for pages that do not tell any. They have nothing that was too young. */
export function timeless(filters: Filters): Filters {
  return { ...filters, releaseFile: filters.releaseFile.filter(({ dueAt }) => dueAt === undefined) }
}

/**
 * The project without what is held back or blocked, whatever the other filters say: for pages whose other files are left
 * as they are. @throws InvalidDocumentError where a filter reads what a page does not tell
 */
export function strictly(filters: Filters, project: Project): Project {
  const { advisories, release, releaseFile } = filters
  return filterReleases(
    {
      ...filters,
      release: release.filter((filter) => filter === advisories || filter.dueAt !== undefined),
      releaseFile: releaseFile.filter(({ dueAt }) => dueAt !== undefined),
    },
    project,
  )
}
