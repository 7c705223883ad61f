import { hasIndexKeys, keyOrder } from '../python/json/key-order.js'
import { coreMetadataDigest } from './expected.js'
import { documentFromPage } from './from-page.js'
import { packageKey } from './layout.js'
import { field, isObject } from './json.js'
import { parseProject } from './parse.js'
import type { ParsedProject } from './parse.js'
import { releaseFiles } from './project.js'
import type { JsonObject, Project } from './project.js'

/**
 * A metadata document of PyPI's JSON API. `releases` is deprecated there and may be missing: then only the project's
 * page tells which files there are (documentWithPage).
 */
export type ParsedDocument =
  ({ readonly kind: 'complete' } & ParsedProject) | { readonly kind: 'without-releases'; readonly document: JsonObject }

/**
 * Parses a metadata document, its releases in the document's order, which JavaScript's objects do not always keep.
 * @param text the document that `json` was parsed from
 * @throws InvalidDocumentError for what is not the metadata of this project
 */
export function parseDocument(json: JsonObject, text: string, rawName: string): ParsedDocument {
  const releases = field(json, 'releases')
  if (releases === undefined || releases === null) {
    parseProject({ ...json, releases: {} }, rawName)
    return { kind: 'without-releases', document: json }
  }
  const releaseOrder = isObject(releases) && hasIndexKeys(releases) ? keyOrder(text, ['releases']) : undefined
  return { kind: 'complete', ...parseProject(json, rawName, { releaseOrder }) }
}

/** The project of a document that lists no files: they come from its page. @throws InvalidDocumentError */
export function documentWithPage(document: JsonObject, page: JsonObject, rawName: string): ParsedProject {
  const { document: fromPage, releaseOrder } = documentFromPage(page, rawName)
  const releases = field(fromPage, 'releases')
  return parseProject({ ...document, releases }, rawName, { releaseOrder, anyUrl: true })
}

/** Keys of everything that a metadata document names, whatever the filters say. */
export function documentKeys(project: Project, digestName: string): string[] {
  return releaseFiles(project).flatMap((file) => {
    const key = packageKey(file.path)
    return coreMetadataDigest(file, digestName) === undefined ? [key] : [key, `${key}.metadata`]
  })
}
