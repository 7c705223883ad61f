import { UpstreamError } from '../errors.js'
import { documentFromPage } from '../model/from-page.js'
import { hasIndexKeys, keyOrder } from '../model/json/key-order.js'
import { field, isObject, parseProject } from '../model/parse.js'
import type { JsonObject, PageFields, Project } from '../model/project.js'
import type { ProjectPage } from '../upstream/types.js'
import type { Context } from './context.js'
import { insist } from './insist.js'

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
export async function fetchProject(context: Context, rawName: string, required: number): Promise<FetchedProject | 'gone'> {
  const { config, upstream, jsonApi } = context
  const document = jsonApi.offered === false ? 'gone' : await insist(context, 1, () => upstream.metadata(rawName, required))
  if (document === 'gone') return fromPage(context, rawName, required)
  jsonApi.offered = true
  const parsed = parseDocument(document.json, document.text, rawName)
  if (config.simpleApiVersion === '1.1') return { ...parsed, text: document.text }
  const page = await insist(context, 1, () => upstream.projectPage(rawName))
  if (page === 'gone') return { ...parsed, text: document.text }
  requireSerial(page, rawName, required)
  return { ...parsed, project: { ...parsed.project, page: pageFields(page.json) }, text: document.text }
}

/** What the page says of a project that the JSON API does not have. A single 404 may be a cache's mistake. */
async function fromPage(context: Context, rawName: string, required: number): Promise<FetchedProject | 'gone'> {
  const { config, jsonApi, log, filters } = context
  const page = await insist(context, 1, () => context.upstream.projectPage(rawName))
  const files = page === 'gone' ? undefined : field(page.json, 'files')
  if (page === 'gone' || !Array.isArray(files) || (files.length === 0 && jsonApi.offered !== false)) return 'gone'
  if (jsonApi.offered === true || config.metadata === 'json') {
    throw new UpstreamError('stale', `${rawName}: the JSON API answers 404, but its page lists ${files.length} files`)
  }
  if (filters.needsMetadata) {
    throw new UpstreamError('content', `${rawName}: upstream has no JSON API, and the enabled metadata filters need what only that tells`)
  }
  requireSerial(page, rawName, required)
  if (jsonApi.offered === undefined) log.warn('Upstream has no JSON API: mirroring by its simple pages, with versions from the filenames')
  jsonApi.offered = false
  const { document, releaseOrder } = documentFromPage(page.json, rawName)
  const parsed = parseProject(document, rawName, { anyUrl: true, releaseOrder })
  const lastSerial = parsed.project.lastSerial || (page.serial ?? 0)
  return { ...parsed, project: { ...parsed.project, lastSerial, page: pageFields(page.json) }, text: undefined }
}

function requireSerial(page: ProjectPage, rawName: string, required: number): void {
  if (page.serial === undefined || page.serial >= required) return
  throw new UpstreamError('stale', `${rawName}: the serial ${page.serial} of its page is older than ${required}`)
}

/** A metadata document with its releases in the document's order, which JavaScript's objects do not always keep. */
export function parseDocument(json: JsonObject, text: string, rawName: string): { project: Project; refused: readonly string[] } {
  const releases = field(json, 'releases')
  const order = isObject(releases) && hasIndexKeys(releases) ? keyOrder(text, ['releases']) : undefined
  return parseProject(json, rawName, { releaseOrder: order })
}

/** For verify: sees to it that a 404 of the JSON API means what it says. @throws UpstreamError where the page has files */
export async function confirmGone(context: Context, rawName: string): Promise<void> {
  await fromPage({ ...context, jsonApi: { offered: true } }, rawName, 0)
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
