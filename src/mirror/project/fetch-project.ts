import { UpstreamError } from '../../errors.js'
import { documentFromPage } from '../../model/from-page.js'
import { hasIndexKeys, keyOrder } from '../../python/json/key-order.js'
import { field, isObject, parseProject } from '../../model/parse.js'
import { releaseFiles } from '../../model/project.js'
import type { JsonObject, PageFields, Project, ReleaseFile } from '../../model/project.js'
import type { ProjectPage } from '../../upstream/types.js'
import type { Context } from '../run/context.js'
import { askAgain } from '../run/ask-again.js'
import { fetchDocument, offersJsonApi } from './json-api.js'
import { createJsonApi } from '../run/json-api.js'

export interface FetchedProject {
  readonly project: Project
  /** release files that must not be mirrored, each with the reason */
  readonly refused: readonly string[]
  /** the metadata document as it came; undefined where upstream has only pages */
  readonly text: string | undefined
}

/**
 * A project as upstream has it now: from PyPI's JSON API, or where upstream has none from its page (PEP 691, PEP 503).
 * 'gone' when it was deleted or is in quarantine: then the JSON API answers 404 and the page has no files.
 * @throws UpstreamError, InvalidDocumentError
 */
export async function fetchProject(
  context: Context,
  rawName: string,
  required: number,
): Promise<FetchedProject | 'gone'> {
  const document = await fetchDocument(context, rawName, required)
  if (document === 'gone') return fromPage(context, rawName, required)
  const parsed = { ...parseDocument(document.json, document.text, rawName), text: document.text }
  if (context.config.simpleApiVersion === '1.1') return parsed
  const page = await fetchPage(context, rawName, required)
  return page === 'gone' ? parsed : withPage(parsed, page)
}

async function fetchPage(context: Context, rawName: string, required: number): Promise<ProjectPage | 'gone'> {
  return askAgain(context, 'project', () => context.upstream.projectPage(rawName, required))
}

/** What the page says of a project that the JSON API does not have. A single 404 may be a cache's mistake. */
async function fromPage(context: Context, rawName: string, required: number): Promise<FetchedProject | 'gone'> {
  const page = await fetchPage(context, rawName, required)
  if (page === 'gone' || isQuarantined(page)) return 'gone'
  const count = pageFiles(page).length
  if (await offersJsonApi(context, rawName)) {
    if (count === 0) return 'gone'
    throw new UpstreamError(
      'stale',
      `${rawName}: the JSON API answers 404, but its page lists ${count} files (metadata = simple goes by pages)`,
    )
  }
  const { document, releaseOrder } = documentFromPage(page.json, rawName)
  const parsed = parseProject(document, rawName, { anyUrl: true, releaseOrder })
  const lastSerial = parsed.project.lastSerial || (page.serial ?? 0)
  return { ...parsed, project: { ...parsed.project, lastSerial, page: pageFields(page.json) }, text: undefined }
}

/**
 * The project with what only its page says. The page decides which files upstream offers, and where: a mirror has
 * PyPI's document, but perhaps not all of its files. 'gone' when the project is in quarantine.
 */
export function withPage<T extends { readonly project: Project }>(fetched: T, page: ProjectPage): T | 'gone' {
  if (isQuarantined(page)) return 'gone'
  const { project } = fetched
  const urls = new Map<unknown, unknown>(pageFiles(page).map((file) => [field(file, 'filename'), field(file, 'url')]))
  if (page.html === true && urls.size === 0 && releaseFiles(project).length > 0) {
    throw new UpstreamError('content', `${project.rawName}: its page is HTML without a single file`)
  }
  const offered = (file: ReleaseFile): ReleaseFile[] => {
    const url = urls.get(file.filename)
    // A page without a serial may be older than the document.
    if (url === undefined) return page.serial === undefined ? [file] : []
    return [isWebUrl(url) && url !== file.url ? { ...file, url } : file]
  }
  const releases = project.releases.map((release) => ({ ...release, files: release.files.flatMap(offered) }))
  return { ...fetched, project: { ...project, releases, page: pageFields(page.json) } }
}

function pageFiles(page: ProjectPage): JsonObject[] {
  const files = field(page.json, 'files')
  return Array.isArray(files) ? files.filter(isObject) : []
}

/** PEP 792 */
function isQuarantined(page: ProjectPage): boolean {
  return projectStatus(field(page.json, 'project-status'))?.status === 'quarantined'
}

/** A metadata document with its releases in the document's order, which JavaScript's objects do not always keep. */
export function parseDocument(
  json: JsonObject,
  text: string,
  rawName: string,
): { project: Project; refused: readonly string[] } {
  const releases = field(json, 'releases')
  const order = isObject(releases) && hasIndexKeys(releases) ? keyOrder(text, ['releases']) : undefined
  return parseProject(json, rawName, { releaseOrder: order })
}

/** For verify: sees to it that a 404 of the JSON API means what it says. @throws UpstreamError where the page has files */
export async function confirmGone(context: Context, rawName: string): Promise<void> {
  await fromPage({ ...context, jsonApi: createJsonApi('json') }, rawName, 0)
}

/** What only the PEP 691 page of a project says. */
export function pageFields(page: JsonObject): PageFields {
  const status = field(page, 'project-status')
  const locations = field(page, 'alternate-locations')
  const files = field(page, 'files')
  const provenance = new Map<string, string | null>()
  for (const file of Array.isArray(files) ? files : []) {
    if (!isObject(file)) continue
    const filename = field(file, 'filename')
    const url = field(file, 'provenance')
    if (typeof filename === 'string' && (url === null || isWebUrl(url))) provenance.set(filename, url)
  }
  return {
    projectStatus: projectStatus(status),
    alternateLocations: Array.isArray(locations) ? locations.filter(isWebUrl) : [],
    provenance,
  }
}

function projectStatus(value: unknown): PageFields['projectStatus'] {
  const status = isObject(value) ? field(value, 'status') : value
  const reason = isObject(value) ? field(value, 'reason') : undefined
  if (typeof status !== 'string') return undefined
  return { status, reason: typeof reason === 'string' ? reason : undefined }
}

function isWebUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\//.test(value)
}
