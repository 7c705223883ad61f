import { UpstreamError } from '../errors.js'
import { hasIndexKeys, keyOrder } from '../model/json/key-order.js'
import { field, isObject, parseProject, serial } from '../model/parse.js'
import type { JsonObject, PageFields, Project } from '../model/project.js'
import type { Context } from './context.js'

export interface FetchedProject {
  readonly project: Project
  /** release files that must not be mirrored, each with the reason */
  readonly refused: readonly string[]
  /** the metadata document as it came; undefined where upstream has only pages */
  readonly text: string | undefined
}

/**
 * A project as upstream has it now; 'gone' when it was deleted or is in quarantine: then PyPI's JSON API
 * answers 404 and the page has no files. @throws UpstreamError, InvalidDocumentError
 */
export async function fetchProject(context: Context, rawName: string, required: number): Promise<FetchedProject | 'gone'> {
  const document = await context.upstream.metadata(rawName, required)
  if (document === 'gone') {
    await confirmGone(context, rawName)
    return 'gone'
  }
  const parsed = parseDocument(document.json, document.text, rawName)
  if (context.config.simpleApiVersion === '1.1') return { ...parsed, text: document.text }
  const page = await context.upstream.projectPage(rawName)
  const project = page === 'gone' ? parsed.project : { ...parsed.project, page: pageFields(page.json) }
  return { ...parsed, project, text: document.text }
}

/** A metadata document with its releases in the document's order, which JavaScript's objects do not always keep. */
export function parseDocument(json: JsonObject, text: string, rawName: string): { project: Project; refused: readonly string[] } {
  const releases = field(json, 'releases')
  const order = isObject(releases) && hasIndexKeys(releases) ? keyOrder(text, ['releases']) : undefined
  return parseProject(json, rawName, order)
}

/** A single 404 may be a cache's mistake: only a page without files says that there is nothing to install. */
async function confirmGone(context: Context, rawName: string): Promise<void> {
  const page = await context.upstream.projectPage(rawName)
  if (page === 'gone') return
  const files = field(page.json, 'files')
  if (Array.isArray(files) && files.length > 0) {
    throw new UpstreamError('stale', `${rawName}: the JSON API answers 404, but its page lists ${files.length} files`)
  }
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

/** The serial that a page carries in its `meta`. */
export function pageSerial(page: JsonObject): number | undefined {
  const meta = field(page, 'meta')
  return isObject(meta) ? serial(field(meta, '_last-serial')) : undefined
}
