import { PAGE_NAMES, jsonKey } from '../../model/layout.js'
import { pageFields, pageSerial } from '../../model/page.js'
import { field } from '../../model/json.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { Context } from '../run/context.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import { projectFromPage } from '../project/page-project.js'
import { pageDirectories, readPage, storedProject } from '../project/stored.js'

/** What the mirror itself says a project has, or why upstream must be asked. */
export type Source =
  /** its metadata document, with what its page says beside */
  | { readonly kind: 'document'; readonly project: Project }
  /** its page, which knows no address upstream */
  | { readonly kind: 'page'; readonly project: Project }
  | { readonly kind: 'ask'; readonly why: string }

export interface SourceQuestion {
  readonly name: string
  readonly entry: LedgerEntry | undefined
  /** option -> value that its pages were made with; undefined where nobody knows */
  readonly madeWith: Readonly<Record<string, string>> | undefined
}

/**
 * The served page decides what a project has. A document counts only while `json` is on, and only when it is no older
 * than the page.
 */
export async function findSource(context: Context, question: SourceQuestion): Promise<Source> {
  const { config } = context
  const { name, entry } = question
  const page = await bestPage(context, name)
  const rawName = entry?.rawName ?? name
  if (!config.json) {
    if (page === undefined) return ask(NO_PAGES)
    return { kind: 'page', project: projectFromPage(page, { name, rawName }, config) }
  }
  return documentSource(context, question, page)
}

/** What the metadata document says, with what the page says beside. */
async function documentSource(
  { config, storage }: Pick<Context, 'config' | 'storage'>,
  { name, entry, madeWith }: SourceQuestion,
  page: JsonObject | undefined,
): Promise<Source> {
  const document = await storedProject(storage, name)
  const where = storage.location(jsonKey(name))
  if (document === undefined) return ask(`${where} is missing`)
  if (document === 'unreadable') return ask(`${where} cannot be read`)
  const served = page === undefined ? 0 : (pageSerial(page) ?? 0)
  if (document.lastSerial < served) return ask(`${where} is older than the page`)
  const project = { ...document, rawName: entry?.rawName ?? ownName(document) }
  if (config.simpleApiVersion === '1.1') return { kind: 'document', project }
  if (page === undefined) return ask(NO_PAGES)
  const hasFields = madeWith === undefined || madeWith['simple-api-version'] === config.simpleApiVersion
  if (served !== document.lastSerial || !hasFields) return ask('its pages are older than its document')
  return { kind: 'document', project: { ...project, page: pageFields(page) } }
}

const NO_PAGES = 'its pages are missing or damaged'

function ask(why: string): Source {
  return { kind: 'ask', why }
}

function ownName({ info, name }: Project): string {
  const given = field(info, 'name')
  return typeof given === 'string' ? given : name
}

/** The page that knows most: JSON before HTML, at the place of today before the other one. */
async function bestPage(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  name: string,
): Promise<JsonObject | undefined> {
  for (const directory of pageDirectories(name, config.hashIndex)) {
    for (const page of PAGE_NAMES.toReversed()) {
      const found = await readPage(storage, { directory, page, name })
      if (found !== undefined && found !== 'damaged') return found
    }
  }
  return undefined
}
