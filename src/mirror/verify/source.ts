import { jsonKey } from '../../model/layout.js'
import { pageFields, pageFiles, pageSerial } from '../../model/page.js'
import { field } from '../../model/json.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { Context } from '../run/context.js'
import { isDue } from '../plan/judge.js'
import type { ProjectRef } from '../plan/types.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import { projectFromPage } from '../project/page-project.js'
import { storedPage, storedProject, tellsPageFields, tellsTimes } from '../project/stored.js'

/** What the mirror itself says a project has, or why upstream must be asked. */
export type Source =
  /** its metadata document, with what its page says beside */
  | { readonly kind: 'document'; readonly project: Project }
  /** its page, which knows no address upstream */
  | { readonly kind: 'page'; readonly project: Project; readonly tellsTimes: boolean }
  | { readonly kind: 'ask'; readonly why: string }

export interface SourceQuestion {
  readonly name: string
  readonly entry: LedgerEntry | undefined
}

/**
 * The served page decides what a project has. A document counts only while `json` is on, and only when it is no older
 * than the page.
 */
export async function findSource(context: Context, question: SourceQuestion): Promise<Source> {
  const { config, storage } = context
  const { name, entry } = question
  const page = await storedPage(storage, config, name)
  const rawName = entry?.rawName ?? name
  const isDoubtful = entry?.shape === ''
  if (!config.json) {
    if (page === undefined) return { kind: 'ask', why: 'its pages are missing or damaged' }
    if (isDoubtful) return { kind: 'ask', why: DOUBTFUL }
    const project = projectFromPage(page, { name, rawName }, config)
    return { kind: 'page', project, tellsTimes: tellsTimes(page) }
  }
  const document = await storedProject(storage, name)
  const where = storage.location(jsonKey(name))
  if (document === undefined) return { kind: 'ask', why: `${where} is missing` }
  if (document === 'unreadable') return { kind: 'ask', why: `${where} cannot be read` }
  const served = servedSerial(page)
  if (document.lastSerial < served) return { kind: 'ask', why: `${where} is older than the page` }
  const project = { ...document, rawName: entry?.rawName ?? ownName(document, name) }
  if (config.simpleApiVersion === '1.1') return { kind: 'document', project }
  if (page === undefined) return { kind: 'ask', why: 'its pages are missing or damaged' }
  if (served !== document.lastSerial) return { kind: 'ask', why: 'its pages are older than its document' }
  if (!tellsPageFields(page, config)) return { kind: 'ask', why: 'its JSON page is missing or damaged' }
  if (isDoubtful) return { kind: 'ask', why: DOUBTFUL }
  if (isDue(entry, context.startedAt.getTime() / 1000)) return { kind: 'ask', why: 'something held back is due' }
  const whole = { ...project, page: pageFields(page) }
  return { kind: 'document', project: context.attestations === undefined ? whole : onlyServed(whole, page) }
}

/** The document has files, too, that their attestations keep out. */
function onlyServed(project: Project, page: JsonObject): Project {
  const names = new Set(pageFiles(page).map((file) => field(file, 'filename')))
  const releases = project.releases.map((release) => ({
    ...release,
    files: release.files.filter(({ filename }) => names.has(filename)),
  }))
  return { ...project, releases }
}

const DOUBTFUL = 'a run was interrupted while it wrote the pages, which may not tell all that is needed now'

/** 0 where no page is served, or one without a serial. */
function servedSerial(page: JsonObject | undefined): number {
  return page === undefined ? 0 : (pageSerial(page) ?? 0)
}

function ownName({ info }: Project, name: string): string {
  const given = field(info, 'name')
  return typeof given === 'string' ? given : name
}

/** The project that the served page describes; undefined where no page can be read. */
export async function servedProject(
  context: Pick<Context, 'storage' | 'config'>,
  ref: ProjectRef,
): Promise<Project | undefined> {
  const page = await storedPage(context.storage, context.config, ref.name)
  return page === undefined ? undefined : projectFromPage(page, ref, context.config)
}
