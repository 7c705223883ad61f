import { InvalidDocumentError, UnsafePathError } from '../errors.js'
import { packageKey } from './layout.js'
import { field, isObject } from './parse.js'
import type { JsonObject, PageFields, Project, ReleaseFile } from './project.js'

/** The objects in a page's list of files (PEP 691). */
export function pageFiles(page: JsonObject): JsonObject[] {
  const files = field(page, 'files')
  return Array.isArray(files) ? files.filter(isObject) : []
}

/** The serial that a page gives; undefined where it gives none. */
export function pageSerial(page: JsonObject): number | undefined {
  const meta = field(page, 'meta')
  const serial = isObject(meta) ? field(meta, '_last-serial') : undefined
  const text = typeof serial === 'number' ? String(serial) : serial
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** What only the PEP 691 page of a project says. */
export function pageFields(page: JsonObject): PageFields {
  const locations = field(page, 'alternate-locations')
  const provenance = new Map<string, string | null>()
  for (const file of pageFiles(page)) {
    const filename = field(file, 'filename')
    const url = field(file, 'provenance')
    if (typeof filename === 'string' && (url === null || isWebUrl(url))) provenance.set(filename, url)
  }
  return {
    projectStatus: projectStatus(page),
    alternateLocations: Array.isArray(locations) ? locations.filter(isWebUrl) : [],
    provenance,
  }
}

/** PEP 792 */
export function isQuarantined(page: JsonObject): boolean {
  return projectStatus(page)?.status === 'quarantined'
}

function projectStatus(page: JsonObject): PageFields['projectStatus'] {
  const value = field(page, 'project-status')
  const status = isObject(value) ? field(value, 'status') : value
  const reason = isObject(value) ? field(value, 'reason') : undefined
  if (typeof status !== 'string') return undefined
  return { status, reason: typeof reason === 'string' ? reason : undefined }
}

/** What `withPage` needs of a page: model/ does not know how it was fetched. */
export interface UpstreamPage {
  readonly json: JsonObject
  readonly serial: number | undefined
  readonly html?: true
}

/**
 * The project with what only its page says. The page decides which files upstream offers, and where: a mirror has
 * PyPI's document, but perhaps not all of its files.
 * @throws InvalidDocumentError for an HTML page without a single file, which may be one to sign in
 */
export function withPage(project: Project, page: UpstreamPage): Project {
  const urls = new Map<unknown, unknown>(
    pageFiles(page.json).map((file) => [field(file, 'filename'), field(file, 'url')]),
  )
  const lists = project.releases.some(({ files }) => files.length > 0)
  if (page.html === true && urls.size === 0 && lists) {
    throw new InvalidDocumentError(`${project.rawName}: its page is HTML without a single file`)
  }
  const offered = (file: ReleaseFile): ReleaseFile[] => {
    const url = urls.get(file.filename)
    // A page without a serial may be older than the document.
    if (url === undefined) return page.serial === undefined ? [file] : []
    return [isWebUrl(url) && url !== file.url ? { ...file, url } : file]
  }
  const releases = project.releases.map((release) => ({ ...release, files: release.files.flatMap(offered) }))
  return { ...project, releases, page: pageFields(page.json) }
}

/**
 * The key of a file that a served page links to; undefined for a link that leaves the mirror. Links are relative to the
 * page or below `root_uri`; a page from before `root_uri` was edited may have another one.
 */
export function linkKey(url: string, rootUri: string): string | undefined {
  const base = rootUri.replace(/\/+$/, '')
  const path =
    base !== '' && url.startsWith(`${base}/`)
      ? url.slice(base.length)
      : /^\.\.?\//.test(url)
        ? url.replace(/^(?:\.\.?\/)+/, '/')
        : url.replace(/^.*(?=\/packages\/)/s, '')
  try {
    return packageKey(path)
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined
    throw error
  }
}

/**
 * Keys of the files that a served page names, core metadata files included.
 * @param elsewhere begin of links that lead to another host, whatever their paths are
 */
export function pageKeys(page: JsonObject, rootUri: string, elsewhere: readonly string[] = []): string[] {
  return pageFiles(page).flatMap((file) => {
    const url = field(file, 'url')
    const isLocal = typeof url === 'string' && !elsewhere.some((start) => url.startsWith(start))
    const key = isLocal ? linkKey(url, rootUri) : undefined
    if (key === undefined) return []
    const metadata = field(file, 'core-metadata')
    return isObject(metadata) || metadata === true ? [key, `${key}.metadata`] : [key]
  })
}

/** The digests that a served page gives for the file `key`, of a core metadata file where the key is one. */
export function fileDigests(page: JsonObject, key: string, rootUri: string): [name: string, hex: string][] {
  const release = key.replace(/\.metadata$/, '')
  return pageFiles(page).flatMap((file) => {
    const url = field(file, 'url')
    if (typeof url !== 'string' || linkKey(url, rootUri) !== release) return []
    const digests = field(file, release === key ? 'hashes' : 'core-metadata')
    return isObject(digests)
      ? Object.entries(digests).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
      : []
  })
}

export function isWebUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//.test(value)
}
