import { UnsafePathError, UpstreamError } from '../errors.js'
import { documentWithPage } from './document.js'
import { packageKey } from './layout.js'
import { field, isObject, serial } from './json.js'
import { releaseFiles } from './project.js'
import type { JsonObject, PageFields, Project, ReleaseFile } from './project.js'

/** A project's page as it came from an index, with the keys of PEP 691. */
export interface IndexPage {
  readonly json: JsonObject
  /** undefined where the index does not say; such a page may be older than the document */
  readonly serial: number | undefined
  /** true: made from HTML, which any web server may answer */
  readonly html?: boolean
}

/** The files of a page that are JSON objects. */
export function pageFiles(page: JsonObject): JsonObject[] {
  const files = field(page, 'files')
  return Array.isArray(files) ? files.filter(isObject) : []
}

/** What only the PEP 691 page of a project says: PEP 708, PEP 740, PEP 792. */
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

/** The status of a project (PEP 792), as an object or as a text alone. */
function projectStatus(page: JsonObject): PageFields['projectStatus'] {
  const value = field(page, 'project-status')
  const status = isObject(value) ? field(value, 'status') : value
  const reason = isObject(value) ? field(value, 'reason') : undefined
  if (typeof status !== 'string') return undefined
  return { status, reason: typeof reason === 'string' ? reason : undefined }
}

/** PEP 792: nothing of a quarantined project may be installed. */
export function isQuarantined(page: JsonObject): boolean {
  return projectStatus(page)?.status === 'quarantined'
}

function isWebUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//.test(value)
}

/**
 * The project with what only its page says. The page decides which files upstream offers, and where: a mirror has
 * PyPI's document, but perhaps not all of its files. Where the document lists no file at all, the page lists them.
 * @returns 'gone' when the project is in quarantine
 * @throws UpstreamError for an HTML page without a file though the document lists some, InvalidDocumentError
 */
export function withPage<T extends { readonly project: Project }>(fetched: T, page: IndexPage): T | 'gone' {
  if (isQuarantined(page.json)) return 'gone'
  const listed = pageFiles(page.json)
  if (releaseFiles(fetched.project).length === 0 && listed.length > 0) {
    const { rawName, document } = fetched.project
    if (document !== undefined) {
      const { project, refused } = documentWithPage(document, page.json, rawName)
      return { ...fetched, refused, project: { ...project, page: pageFields(page.json) } }
    }
  }
  const urls = new Map<unknown, unknown>(listed.map((file) => [field(file, 'filename'), field(file, 'url')]))
  const { project } = fetched
  const files = releaseFiles(project)
  // Any web server may answer with HTML that has links: a sign-in page, for example.
  if (page.html === true && files.length > 0 && !files.some(({ filename }) => urls.has(filename))) {
    throw new UpstreamError('content', `${project.rawName}: its page is HTML without a single file of the project`)
  }
  const offered = (file: ReleaseFile): ReleaseFile[] => {
    const url = urls.get(file.filename)
    if (url === undefined) return page.serial === undefined ? [file] : []
    return [isWebUrl(url) && url !== file.url ? { ...file, url } : file]
  }
  const releases = project.releases.map((release) => ({ ...release, files: release.files.flatMap(offered) }))
  return { ...fetched, project: { ...project, releases, page: pageFields(page.json) } }
}

/** What relative links of a stored page are resolved against where it is read as HTML. */
export const MIRROR_HOST = 'https://mirror.invalid'

/** Where PyPI has a file, and a mirror one from elsewhere: below its digest, cut into two, two and the other digits. */
const PLACE_BY_DIGEST = /\/packages\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{28,124}\/[^/]+$/

/**
 * The path below which the mirror has a file that one of its pages links to: `/packages/…`. The link may have been
 * written with another `root_uri` than today's: then the place is guessed.
 * @param rootUri the option as the pages are made with it; it may have `/packages/` in its own path
 */
export function linkedPath(url: string, rootUri: string): string {
  const isResolved = url.startsWith(`${MIRROR_HOST}/`)
  const link = isResolved ? url.slice(MIRROR_HOST.length) : url
  for (const prefix of rootUri === '' ? [] : [rootUri, resolved(rootUri)]) {
    if (link.startsWith(`${prefix}/packages/`)) return link.slice(prefix.length)
  }
  const relative = isResolved ? link : link.replace(/^(?:\.\.\/)+/, '/')
  if (relative.startsWith('/packages/') && (isResolved || relative !== link)) return relative
  return PLACE_BY_DIGEST.exec(link)?.[0] ?? link.replace(/^.*?(?=\/packages\/)/s, '')
}

/** A `root_uri` as links of HTML pages have it once they are resolved. */
function resolved(rootUri: string): string {
  if (!URL.canParse(rootUri, MIRROR_HOST)) return rootUri
  const { href } = new URL(rootUri, MIRROR_HOST)
  const path = href.startsWith(`${MIRROR_HOST}/`) ? href.slice(MIRROR_HOST.length) : href
  return rootUri.endsWith('/') ? path : path.replace(/\/$/, '')
}

/** The key of a file that a page of the mirror links to; undefined for a link that leaves the mirror. */
export function linkedKey(file: JsonObject, rootUri: string): string | undefined {
  const url = field(file, 'url')
  if (typeof url !== 'string') return undefined
  try {
    return packageKey(linkedPath(url, rootUri))
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined
    throw error
  }
}

/** Keys of the files that a page names, core metadata files included. Links that leave the mirror are passed over. */
export function pageKeys(page: JsonObject, rootUri: string): string[] {
  return pageFiles(page).flatMap((file) => {
    const key = linkedKey(file, rootUri)
    if (key === undefined) return []
    const metadata = field(file, 'core-metadata')
    return isObject(metadata) || metadata === true ? [key, `${key}.metadata`] : [key]
  })
}

/** The digests that a page of the mirror gives for the file `key`, of a core metadata file where the key is one. */
export function fileDigests(page: JsonObject, key: string, rootUri: string): [name: string, hex: string][] {
  const release = key.replace(/\.metadata$/, '')
  return pageFiles(page).flatMap((file) => {
    if (linkedKey(file, rootUri) !== release) return []
    const digests = field(file, release === key ? 'hashes' : 'core-metadata')
    const pairs = isObject(digests) ? Object.entries(digests) : []
    return pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  })
}

/** The serial that a page of the mirror gives; undefined where it gives none. */
export function pageSerial(page: JsonObject): number | undefined {
  const meta = field(page, 'meta')
  return isObject(meta) ? serial(field(meta, '_last-serial')) : undefined
}
