import { counted } from '../../count.js'
import { UpstreamError } from '../../errors.js'
import { documentWithPage, parseDocument } from '../../model/document.js'
import { documentFromPage } from '../../model/from-page.js'
import { isQuarantined, pageFields, pageFiles, withPage } from '../../model/page.js'
import { parseProject } from '../../model/parse.js'
import type { ParsedProject } from '../../model/parse.js'
import { releaseFiles } from '../../model/project.js'
import type { Project } from '../../model/project.js'
import type { ProjectPage } from '../../upstream/types.js'
import { askAgain } from '../run/ask-again.js'
import type { Context } from '../run/context.js'
import type { Withheld } from '../run/outcome.js'
import { askDocument, offersJsonApi } from './json-api.js'

export interface FetchedProject {
  readonly project: Project
  /** release files that must not be mirrored, each with the reason */
  readonly refused: readonly string[]
  /** the metadata document as it came; undefined where upstream has only pages */
  readonly text: string | undefined
  /** what the ledger says of files that `project` does not have, as it was made from a page of the mirror */
  readonly unseen?: Withheld
  /** it was made from the mirror's own page */
  readonly fromPage?: boolean
  /** true: what pages say of it comes from a page of the mirror */
  readonly stored?: boolean
  /** where the provenance URLs of its page lead: to be fetched, or stored in the mirror already */
  readonly provenanceAt: 'upstream' | 'mirror'
}

/**
 * `empty`: upstream has no files of the project, or has it in quarantine, and its page says so. `missing`: it answers
 * 404 for the document and for the page; a single 404 may be a cache's mistake.
 */
export type Absence = 'empty' | 'missing'

/**
 * A project as upstream has it now: from PyPI's JSON API, or from its page (PEP 691, PEP 503) where upstream has no
 * document of it or one without releases.
 * @throws UpstreamError, InvalidDocumentError
 */
export async function fetchProject(
  context: Context,
  rawName: string,
  required: number,
): Promise<FetchedProject | Absence> {
  const document = await askDocument(context, rawName, required)
  if (document === 'gone') return fromPage(context, rawName, required)
  const { text } = document
  const known = (project: ParsedProject): FetchedProject => ({ ...project, text, provenanceAt: 'upstream' })
  const parsed = parseDocument(document.json, text, rawName)
  const whole = parsed.kind === 'complete' && releaseFiles(parsed.project).length + parsed.refused.length > 0
  if (parsed.kind === 'complete' && whole && context.config.simpleApiVersion === '1.1') return known(parsed)
  // A document without files may be one of PyPI's to come: then the page decides.
  const page = await askPage(context, rawName, required)
  if (parsed.kind === 'complete') return page === 'gone' ? known(parsed) : unlessGone(withPage(known(parsed), page))
  if (page === 'gone') return 'missing'
  return unlessGone(withPage(known(documentWithPage(parsed.document, page.json, rawName)), page))
}

function unlessGone(fetched: FetchedProject | 'gone'): FetchedProject | Absence {
  return fetched === 'gone' ? 'empty' : fetched
}

export async function askPage(context: Context, rawName: string, required: number): Promise<ProjectPage | 'gone'> {
  return askAgain(context, 'project', () => context.upstream.projectPage(rawName, required))
}

/** What the page says of a project that the JSON API does not have. */
async function fromPage(context: Context, rawName: string, required: number): Promise<FetchedProject | Absence> {
  const page = await askPage(context, rawName, required)
  if (page === 'gone') return 'missing'
  if (isQuarantined(page.json)) return 'empty'
  const count = pageFiles(page.json).length
  if (await offersJsonApi(context, rawName)) {
    // An HTML page without a file may be anything.
    if (count === 0) return page.html === true ? 'missing' : 'empty'
    throw new UpstreamError(
      'stale',
      `${rawName}: the JSON API answers 404, but its page lists ${counted(count, 'file')} (metadata = simple goes by pages)`,
    )
  }
  return fromPageAlone(page, rawName)
}

const FROM_PAGE = { text: undefined, provenanceAt: 'upstream' } as const

/** The project that a page describes. */
export function fromPageAlone(page: ProjectPage, rawName: string): FetchedProject {
  const { document, releaseOrder } = documentFromPage(page.json, rawName)
  const parsed = parseProject(document, rawName, { anyUrl: true, releaseOrder })
  const lastSerial = parsed.project.lastSerial || (page.serial ?? 0)
  return { ...parsed, project: { ...parsed.project, lastSerial, page: pageFields(page.json) }, ...FROM_PAGE }
}
