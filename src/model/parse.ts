import { InvalidDocumentError } from '../errors.js'
import { normalizeName } from '../packaging/name.js'
import { field, isObject, serial } from './json.js'
import { shown } from './layout.js'
import { parseFiles } from './parse-file.js'
import type { Project, Release } from './project.js'

export interface ParseOptions {
  /** the versions in the document's order where JavaScript objects do not keep it (keys that look like integers) */
  readonly releaseOrder?: readonly string[] | undefined
  /** files may lie anywhere upstream, as on indexes other than PyPI: the mirror then has them under their digest */
  readonly anyUrl?: boolean
}

export interface ParsedProject {
  readonly project: Project
  /** release files that must not be mirrored, each with the reason in one line */
  readonly refused: readonly string[]
}

/**
 * The only way from a metadata document (PyPI's JSON API) to a Project. `rawName` is the name as the
 * list of projects spells it.
 * @throws InvalidDocumentError
 */
export function parseProject(document: unknown, rawName: string, options: ParseOptions = {}): ParsedProject {
  const name = normalizeName(rawName)
  const wrong = (what: string): never => {
    throw new InvalidDocumentError(`the metadata of ${shown(name)} ${what}`)
  }
  if (!isObject(document)) return wrong('is not a JSON object')
  const info = field(document, 'info')
  const releases = field(document, 'releases')
  if (!isObject(info)) return wrong('has no "info"')
  if (!isObject(releases)) return wrong('has no "releases"')
  const ownName = field(info, 'name')
  if (typeof ownName !== 'string') return wrong('has no "info.name"')
  if (normalizeName(ownName) !== name) return wrong(`is that of another project, ${shown(ownName)}`)
  const refused: string[] = []
  const parsed: Release[] = []
  for (const version of options.releaseOrder ?? Object.keys(releases)) {
    const files = field(releases, version)
    if (!Array.isArray(files)) return wrong(`has no list of files for version ${shown(version)}`)
    const ofVersion = parseFiles(files, options.anyUrl === true)
    refused.push(...ofVersion.refused)
    parsed.push({ version, files: ofVersion.files })
  }
  const lastSerial = serial(field(document, 'last_serial'))
  if (lastSerial === undefined) return wrong('has no usable "last_serial"')
  return { project: { name, rawName, lastSerial, document, info, releases: parsed }, refused }
}
