import type { Filters } from '../../filters/types.js'

/**
 * The filters that a page tells enough for. The mirror's own page is what the others left when it was made: asked again,
 * they would look for what only a document has, and drop everything.
 */
export function pageFilters(filters: Filters): Filters {
  const isTold = ({ pageSuffices }: { readonly pageSuffices?: boolean }): boolean => pageSuffices === true
  return {
    ...filters,
    metadata: filters.metadata.filter(isTold),
    release: filters.release.filter(isTold),
    releaseFile: filters.releaseFile.filter(isTold),
  }
}

/** The filters that a project is to be asked about. @param fromPage it was made from the mirror's own page */
export function filtersFor(filters: Filters, { fromPage }: { readonly fromPage?: boolean }): Filters {
  return fromPage === true ? pageFilters(filters) : filters
}
