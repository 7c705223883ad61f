import { hasIndexKeys, keyOrder } from '../python/json/key-order.js'
import { coreMetadataDigest } from './expected.js'
import { packageKey } from './layout.js'
import { field, isObject, parseProject } from './parse.js'
import type { ParsedProject } from './parse.js'
import { releaseFiles } from './project.js'
import type { JsonObject, Project } from './project.js'

/** A metadata document with its releases in the document's order, which JavaScript's objects do not always keep. */
export function parseDocument(json: JsonObject, text: string, rawName: string): ParsedProject {
  const releases = field(json, 'releases')
  const order = isObject(releases) && hasIndexKeys(releases) ? keyOrder(text, ['releases']) : undefined
  return parseProject(json, rawName, { releaseOrder: order })
}

/** Keys of everything that a metadata document names, whatever the filters say. */
export function documentKeys(project: Project, digestName: string): string[] {
  return releaseFiles(project).flatMap((file) => {
    const key = packageKey(file.path)
    return coreMetadataDigest(file, digestName) === undefined ? [key] : [key, `${key}.metadata`]
  })
}
