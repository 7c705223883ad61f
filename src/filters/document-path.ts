import { InvalidDocumentError } from '../errors.js'
import { field, isObject } from '../model/json.js'
import type { JsonObject, Project, Release, ReleaseFile } from '../model/project.js'

/** A key of a metadata filter: `tag:tag:path.to.field`. */
export interface MetadataKey {
  /** as configured */
  readonly text: string
  readonly tags: readonly string[]
  readonly path: readonly string[]
}

export function parseMetadataKey(text: string): MetadataKey {
  const tags = text.split(':')
  const path = tags.pop() ?? ''
  return { text, tags, path: path.split('.') }
}

/** Whether a missing or empty value is a match: so it is unless `not-null` says otherwise; the last tag counts. */
export function nullMatches({ tags }: MetadataKey): boolean {
  return tags.findLast((tag) => tag === 'match-null' || tag === 'not-null') !== 'not-null'
}

/** What the keys of a project's metadata filter start from: the document, with the releases that are left. */
export function projectFields(project: Project, { path }: MetadataKey): JsonObject {
  const fields = { ...project.document, info: project.info, last_serial: project.lastSerial }
  if (path[0] !== 'releases') return fields
  const releases = project.releases.map(({ version, files }) => [version, files.map(({ raw }) => raw)] as const)
  return { ...fields, releases: Object.fromEntries(releases) }
}

/** What the keys of a release file's metadata filter start from. */
export function fileFields(file: ReleaseFile, release: Release, info: JsonObject): JsonObject {
  return { info, release: release.version, release_file: file.raw }
}

/**
 * The value at a path; undefined where a part of it is missing or null.
 * @throws InvalidDocumentError where the path leads into a value that has no fields, if 8.0 fails there too
 */
export function valueAt(fields: JsonObject, { text, path }: MetadataKey): unknown {
  let node: unknown = fields
  for (const part of path) {
    if (isObject(node)) {
      node = field(node, part)
      if (node === undefined || node === null) return undefined
      continue
    }
    // Python's `in` looks for the part within a text or a list; it fails where it finds it, and on numbers.
    const fails = typeof node === 'string' || Array.isArray(node) ? node.includes(part) : true
    if (fails) throw new InvalidDocumentError(`${text} leads into a value that has no fields`)
    return undefined
  }
  return node
}
