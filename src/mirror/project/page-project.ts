import type { MirrorConfig } from '../../config/types.js'
import { documentFromPage } from '../../model/from-page.js'
import { MIRROR_HOST, linkedKey, pageFields, pageFiles } from '../../model/page.js'
import { parseProject } from '../../model/parse.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { ProjectRef } from '../plan/types.js'

/**
 * The project that a page of the mirror describes. Its files have no address upstream.
 * @throws InvalidDocumentError
 */
export function projectFromPage(
  page: JsonObject,
  { name, rawName }: ProjectRef,
  config: Pick<MirrorConfig, 'rootUri'>,
): Project {
  const files = pageFiles(page).map((file) => {
    const key = linkedKey(file, config.rootUri)
    return key === undefined ? file : { ...file, url: MIRROR_HOST + encodePath(key.slice('web'.length)) }
  })
  const { document, releaseOrder } = documentFromPage({ ...page, files }, name)
  const { project } = parseProject(document, name, { releaseOrder })
  return { ...project, rawName, page: pageFields(page) }
}

/** Keys are percent-decoded; what a URL cannot hold is encoded again, as PyPI writes it. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/').replaceAll('%2B', '+').replaceAll('%21', '!')
}
