import { InvalidDocumentError } from '../errors.js'
import { packageType, versionFromFilename } from '../packaging/filename.js'
import { shown } from './layout.js'
import { field, isObject, serial } from './json.js'
import type { JsonObject } from './project.js'
import { compareVersions, parseVersion } from '../packaging/version.js'

export interface PageDocument {
  readonly document: JsonObject
  /** the versions in the page's order */
  readonly releaseOrder: readonly string[]
}

/** Stands for the version of a file whose name does not tell one. */
export const UNKNOWN_VERSION = 'unknown'

/**
 * A project's page (PEP 691, or PEP 503 in its keys) in the shape of PyPI's JSON API, as far as a page knows it:
 * no classifiers, and versions from the filenames. @throws InvalidDocumentError
 */
export function documentFromPage(page: JsonObject, name: string): PageDocument {
  const files = field(page, 'files')
  if (!Array.isArray(files)) throw new InvalidDocumentError(`the page of ${shown(name)} has no list of files`)
  const listed = field(page, 'versions')
  const versions = Array.isArray(listed)
    ? listed.filter((version): version is string => typeof version === 'string')
    : []
  const releases = new Map<string, JsonObject[]>(versions.map((version) => [version, []]))
  for (const file of files) {
    if (!isObject(file)) continue
    const filename = field(file, 'filename')
    if (typeof filename !== 'string') continue
    const version =
      versionFromFilename(filename, name, versions) ?? foreignVersion(filename, versions) ?? UNKNOWN_VERSION
    const others = releases.get(version)
    if (others === undefined) releases.set(version, [fileFromPage(file, filename)])
    else others.push(fileFromPage(file, filename))
  }
  const meta = field(page, 'meta')
  const document = {
    info: { name, version: currentVersion(releases.keys()) ?? null },
    last_serial: (isObject(meta) ? serial(field(meta, '_last-serial')) : undefined) ?? 0,
    releases: Object.fromEntries(releases),
  }
  return { document, releaseOrder: [...releases.keys()] }
}

/** The version of a file that carries the name of another project: one that the page lists, between two separators. */
function foreignVersion(filename: string, versions: readonly string[]): string | undefined {
  const found = versions.filter((version) => [`-${version}-`, `-${version}.`].some((part) => filename.includes(part)))
  return found.sort((a, b) => b.length - a.length)[0]
}

/** The version that PyPI's JSON API would call the project's own: the newest that is not a pre-release, else the newest. */
function currentVersion(versions: Iterable<string>): string | undefined {
  const parsed = [...versions].flatMap((text) => {
    const version = parseVersion(text)
    return version === undefined ? [] : [{ text, version }]
  })
  const finals = parsed.filter(({ version }) => !version.isPrerelease)
  const candidates = finals.length > 0 ? finals : parsed
  return candidates.sort((a, b) => compareVersions(b.version, a.version))[0]?.text
}

function fileFromPage(file: JsonObject, filename: string): JsonObject {
  const yanked = field(file, 'yanked')
  const coreMetadata =
    field(file, 'core-metadata') ?? field(file, 'data-dist-info-metadata') ?? field(file, 'dist-info-metadata')
  const requires = field(file, 'requires-python')
  const uploaded = field(file, 'upload-time')
  return {
    filename,
    packagetype: packageType(filename) ?? null,
    url: field(file, 'url'),
    digests: field(file, 'hashes'),
    size: field(file, 'size') ?? null,
    requires_python: typeof requires === 'string' && requires !== '' ? requires : null,
    yanked: yanked === true || typeof yanked === 'string',
    yanked_reason: typeof yanked === 'string' && yanked !== '' ? yanked : null,
    ...(typeof uploaded === 'string' && uploaded !== '' ? { upload_time_iso_8601: uploaded } : {}),
    ...(coreMetadata === undefined ? {} : { 'core-metadata': coreMetadata }),
  }
}
