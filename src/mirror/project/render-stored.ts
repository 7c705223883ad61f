import { filterReleases } from '../../filters/apply.js'
import { UNKNOWN_VERSION } from '../../model/from-page.js'
import { pageFields, pageFiles, pageSerial, withPage } from '../../model/page.js'
import { field } from '../../model/json.js'
import { releaseFiles } from '../../model/project.js'
import type { JsonObject, PageFields, Project } from '../../model/project.js'
import { isDue } from '../plan/judge.js'
import { madeWith as textsOf, ownShape, shapeTexts } from '../plan/shape.js'
import type { WorkItem } from '../plan/types.js'
import type { Context } from '../run/context.js'
import type { Withheld } from '../run/outcome.js'
import { askPage } from './fetch-project.js'
import type { FetchedProject } from './fetch-project.js'
import { withHeldFields } from './held-fields.js'
import { filtersFor } from './page-filters.js'
import { projectFromPage } from './page-project.js'
import { pageSuffices } from './page-suffices.js'
import { missingProvenance } from './provenance.js'
import { storedPage, storedProject, tellsPageFields, tellsTimes } from './stored.js'

/**
 * The project as what is stored of it tells, for pages that must be made anew although upstream did not change it: from
 * its document, or else from its page where that knows all that today's options need. undefined where upstream must be
 * asked.
 */
export async function projectFromStored(context: Context, item: WorkItem): Promise<FetchedProject | undefined> {
  const stored = await fromStored(context, item)
  return stored === undefined || (await lacksProvenance(context, stored)) ? undefined : stored
}

/** Whether a provenance object is missing that the page of the mirror names: nothing stored tells where upstream has it. */
async function lacksProvenance(context: Context, fetched: FetchedProject): Promise<boolean> {
  if (context.config.integrityUrl === undefined || fetched.provenanceAt === 'upstream') return false
  const wanted = filterReleases(filtersFor(context.filters, fetched), fetched.project)
  return (await missingProvenance(context, wanted)) !== undefined
}

async function fromStored(context: Context, item: WorkItem): Promise<FetchedProject | undefined> {
  const { storage, config } = context
  const page = await storedPage(storage, config, item.name)
  const document = await usableDocument(context, item)
  if (document !== undefined) return fromDocument(context, item, { document, page })
  if (page === undefined || !tellsPageFields(page, config) || !pageIsEnough(context, item, page)) return undefined
  const project = projectFromPage(page, item, config)
  // A file of which the page does not tell the version.
  if (project.releases.some(({ version }) => version === UNKNOWN_VERSION)) return undefined
  const told = { unseen: unseenOf(item), provenanceAt: provenanceAt(item) }
  return { project, refused: [], text: undefined, fromPage: true, ...told }
}

/** A page does not have the files that are held back or blocked. */
function unseenOf({ entry }: WorkItem): Withheld {
  return {
    ...(entry?.due === undefined ? {} : { due: entry.due }),
    ...(entry?.held === undefined ? {} : { held: entry.held }),
    ...(entry?.blocked === undefined ? {} : { blocked: entry.blocked }),
  }
}

/** Where the URLs of provenance in the pages of the mirror lead. */
function provenanceAt({ madeWith }: WorkItem): FetchedProject['provenanceAt'] {
  return madeWith?.['provenance'] === 'true' ? 'mirror' : 'upstream'
}

/** A stored document counts only while `json` is on, and only when it is no older than the pages. */
export async function usableDocument(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  item: Pick<WorkItem, 'name' | 'serial' | 'entry'>,
): Promise<Project | undefined> {
  if (!config.json) return undefined
  const document = await storedProject(storage, item.name)
  if (document === undefined || document === 'unreadable') return undefined
  return document.lastSerial >= Math.max(item.serial, item.entry?.serial ?? 0) ? document : undefined
}

async function fromDocument(
  context: Context,
  item: WorkItem,
  { document, page }: { readonly document: Project; readonly page: JsonObject | undefined },
): Promise<FetchedProject | undefined> {
  const project = { ...document, rawName: item.rawName === item.name ? ownName(document, item) : item.rawName }
  const fetched: FetchedProject = { project, refused: [], text: undefined, provenanceAt: 'upstream' }
  if (context.config.simpleApiVersion === '1.1') return fetched
  // The page that is served may say all that only pages say.
  if (
    page !== undefined &&
    pageSerial(page) === document.lastSerial &&
    hasPageFields(context, item) &&
    tellsPageFields(page, context.config) &&
    tellsProvenance(context, item)
  ) {
    const fields = await wholePageFields(context, project, page)
    if (fields !== undefined)
      return { ...fetched, project: { ...project, page: fields }, stored: true, provenanceAt: provenanceAt(item) }
  }
  const fresh = await askPage(context, item.rawName, document.lastSerial)
  const whole = fresh === 'gone' ? fresh : withPage(fetched, fresh)
  return whole === 'gone' ? undefined : whole
}

/** The spelling in the document, where the plan knows only the normalized name. */
function ownName({ info }: Project, { name, entry }: WorkItem): string {
  const given = field(info, 'name')
  return entry?.rawName ?? (typeof given === 'string' ? given : name)
}

/**
 * What only pages say of the project: the stored page tells it of the files that it has. Of files that were held back it
 * was kept. undefined where the filters now want files of which nothing is known.
 */
async function wholePageFields(context: Context, project: Project, page: JsonObject): Promise<PageFields | undefined> {
  const names = new Set(pageFiles(page).map((file) => field(file, 'filename')))
  const wanted = releaseFiles(filterReleases(context.filters, project)).map(({ filename }) => filename)
  const gained = wanted.filter((filename) => !names.has(filename))
  const fields = pageFields(page)
  if (gained.length === 0) return fields
  // Their attestations are upstream, and must be fetched.
  if (context.config.integrityUrl !== undefined || context.attestations !== undefined) return undefined
  return withHeldFields(context.storage, project, { fields, gained })
}

/** Whether the pages were made with an API version that has the fields of today's. Nobody knows that of half a set. */
function hasPageFields({ config }: Context, { madeWith }: WorkItem): boolean {
  return madeWith?.['simple-api-version'] === config.simpleApiVersion
}

/** Pages that name the mirror's own provenance do not tell where upstream has it. */
function tellsProvenance({ config }: Context, item: WorkItem): boolean {
  return config.integrityUrl !== undefined || provenanceAt(item) === 'upstream'
}

function pageIsEnough({ shape, shapeOf, filters, startedAt }: Context, item: WorkItem, page: JsonObject): boolean {
  const { name, madeWith, entry } = item
  if (madeWith === undefined || isDue(entry, startedAt.getTime() / 1000)) return false
  // HTML pages have no upload times.
  if (filters.timed && !tellsTimes(page)) return false
  const before = entry?.shape ?? ''
  // A page does not have what advisories blocked when it was made.
  const advised = ownShape(before, 'advisories')
  if (advised !== '' && advised !== ownShape(shapeOf(name), 'advisories')) return false
  const wanted = filters.selection?.filesOf(name)
  // A page with the files that requirements needed has no others.
  if (wanted === undefined ? ownShape(before, 'selection') !== '' : !hasAll(page, wanted)) return false
  const now = textsOf({ [shape.id]: shapeTexts(shape) }, shapeOf(name))
  return now !== undefined && pageSuffices({ before: madeWith, now, page })
}

function hasAll(page: JsonObject, filenames: ReadonlySet<string>): boolean {
  const there = new Set(pageFiles(page).map((file) => field(file, 'filename')))
  return [...filenames].every((filename) => there.has(filename))
}
