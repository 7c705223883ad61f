import { UpstreamError } from '../../errors.js'
import { documentFromPage } from '../../model/from-page.js'
import { documentWithPage, parseDocument } from '../../model/document.js'
import { isQuarantined, pageFields, pageFiles, withPage } from '../../model/page.js'
import { parseProject } from '../../model/parse.js'
import type { Project } from '../../model/project.js'
import type { ProjectPage } from '../../upstream/types.js'
import type { Context } from '../run/context.js'
import { insist } from '../run/ask-again.js'
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
  const parsed = parseDocument(document.json, document.text, rawName)
  const { text } = document
  if (parsed.kind === 'without-releases') {
    const page = await fetchPage(context, rawName, required)
    return page === 'gone' ? page : withPage({ ...documentWithPage(parsed.document, page.json, rawName), text }, page)
  }
  if (context.config.simpleApiVersion === '1.1') return { ...parsed, text }
  const page = await fetchPage(context, rawName, required)
  return page === 'gone' ? { ...parsed, text } : withPage({ ...parsed, text }, page)
}

async function fetchPage(context: Context, rawName: string, required: number): Promise<ProjectPage | 'gone'> {
  return insist(context, 1, () => context.upstream.projectPage(rawName, required))
}

/** What the page says of a project that the JSON API does not have. A single 404 may be a cache's mistake. */
async function fromPage(context: Context, rawName: string, required: number): Promise<FetchedProject | 'gone'> {
  const page = await fetchPage(context, rawName, required)
  if (page === 'gone' || isQuarantined(page.json)) return 'gone'
  const count = pageFiles(page.json).length
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

/** For verify: sees to it that a 404 of the JSON API means what it says. @throws UpstreamError where the page has files */
export async function confirmGone(context: Context, rawName: string): Promise<void> {
  await fromPage({ ...context, jsonApi: createJsonApi('json') }, rawName, 0)
}
