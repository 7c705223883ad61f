import { InvalidDocumentError, UnsafePathError } from '../errors.js'
import { isSafeFilename, packageKey, pathByDigest, shown, urlPath } from './layout.js'
import { normalizeName } from '../packaging/name.js'
import type { CoreMetadata, JsonObject, Project, Release, ReleaseFile } from './project.js'

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of an object from upstream; inherited names such as `constructor` do not count. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

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
    parsed.push({ version, files: parseFiles(files, refused, options.anyUrl === true) })
  }
  const lastSerial = serial(field(document, 'last_serial'))
  if (lastSerial === undefined) return wrong('has no usable "last_serial"')
  return { project: { name, rawName, lastSerial, document, info, releases: parsed }, refused }
}

/** Fifteen digits: no index will get there, and the state files hold no more. */
const LARGEST_SERIAL = 999_999_999_999_999

/** Whether a value is a serial as JSON and XML-RPC give it: a whole number, never text. */
export function isSerial(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_SERIAL
}

/** A serial from a header or a document, as digits too; undefined for anything else. */
export function serial(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return isSerial(number) ? number : undefined
}

function parseFiles(files: readonly unknown[], refused: string[], anyUrl: boolean): ReleaseFile[] {
  const parsed: ReleaseFile[] = []
  for (const raw of files) {
    try {
      parsed.push(parseFile(raw, anyUrl))
    } catch (error) {
      if (!(error instanceof InvalidDocumentError || error instanceof UnsafePathError)) throw error
      refused.push(error.message)
    }
  }
  return parsed
}

function parseFile(raw: unknown, anyUrl: boolean): ReleaseFile {
  if (!isObject(raw)) throw new InvalidDocumentError('a release file is not a JSON object')
  const filename = field(raw, 'filename')
  const url = field(raw, 'url')
  const digests = field(raw, 'digests')
  const size = field(raw, 'size')
  const uploadTime = field(raw, 'upload_time_iso_8601')
  if (typeof filename !== 'string' || !isSafeFilename(filename)) {
    throw new InvalidDocumentError(`${shown(String(filename))} is not a filename`)
  }
  if (typeof url !== 'string') throw new InvalidDocumentError(`${shown(filename)} has no URL`)
  if (!isObject(digests)) throw new InvalidDocumentError(`${shown(filename)} has no digests`)
  if (size !== undefined && size !== null && !isSize(size)) {
    throw new InvalidDocumentError(`${shown(filename)} has the size ${shown(JSON.stringify(size))}`)
  }
  const known = hexDigests(digests)
  return {
    filename,
    url,
    path: mirrorPath(url, filename, anyUrl ? known : undefined),
    size: isSize(size) ? size : undefined,
    digests: known,
    uploadTime: typeof uploadTime === 'string' ? uploadTime : undefined,
    coreMetadata: coreMetadata(field(raw, 'core-metadata')),
    raw,
  }
}

/** @throws UnsafePathError, InvalidDocumentError where the file has no place below /packages/ */
function mirrorPath(url: string, filename: string, digests: ReadonlyMap<string, string> | undefined): string {
  const path = urlPath(url)
  if (digests === undefined || path.startsWith('/packages/')) {
    packageKey(url)
    return path
  }
  const hex = digests.get('sha256') ?? [...digests.values()][0]
  if (hex === undefined) throw new InvalidDocumentError(`${shown(filename)} has no digest that could verify it`)
  return pathByDigest(hex, filename)
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

const HEX = /^[0-9a-f]{8,256}$/

function hexDigests(object: JsonObject): Map<string, string> {
  const digests = new Map<string, string>()
  for (const [name, hex] of Object.entries(object)) {
    if (typeof hex === 'string' && HEX.test(hex)) digests.set(name, hex)
  }
  return digests
}

function coreMetadata(value: unknown): CoreMetadata {
  if (typeof value === 'boolean') return value
  return isObject(value) ? hexDigests(value) : undefined
}

/** A JSON object in UTF-8; undefined for anything else. */
export function parseJsonObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
