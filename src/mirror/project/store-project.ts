import { counted } from '../../count.js'
import { keepsMetadata, metadataDue, sift } from '../../filters/apply.js'
import { expectedFiles } from '../../model/expected.js'
import type { FileSpec } from '../../model/files.js'
import { jsonKey, pypiJsonKey, simpleDirectory } from '../../model/layout.js'
import { releaseFiles } from '../../model/project.js'
import type { Project } from '../../model/project.js'
import { withoutFiles } from '../../model/without-files.js'
import { reformatSorted } from '../../python/json/reformat.js'
import type { CompareMethod } from '../../storage/types.js'
import type { WorkItem } from '../plan/types.js'
import type { Context } from '../run/context.js'
import { failureText } from '../run/outcome.js'
import type { Outcome } from '../run/outcome.js'
import { deletedKeys, whollyBlocked } from './blocked.js'
import { acceptFiles } from './accept-files.js'
import { writeApiDocument } from './api-document.js'
import { removeOldSpellings } from './cleanup.js'
import { ensureFiles } from './fetch-files.js'
import type { FetchedProject } from './fetch-project.js'
import { keepHeldFields } from './held-fields.js'
import { carriesName } from './owners.js'
import { hasPages } from './stored.js'
import { withStoredSizes } from './stored-sizes.js'
import { expectedProvenance } from './provenance.js'
import { filtersFor } from './page-filters.js'
import { writePages } from './pages.js'
import { removeFiles } from './remove.js'
import { mayReplace } from './vouch.js'
import { withheldOf } from './withheld.js'

export interface StoreOptions {
  /** serial that was asked for: 8.0 gives it to kept versions of pages */
  readonly serial: number
  /** how stored files are compared */
  readonly method: CompareMethod
  /** its pages may be of another shape */
  readonly reshaped: boolean
  /** files that were held back when its pages were made */
  readonly held: number | undefined
  /** in how many runs it failed, where that are several: few files are tried, and other ones in each run */
  readonly cautious: number | undefined
  /** option -> value that its pages were made with; undefined where nobody knows */
  readonly madeWith: WorkItem['madeWith']
}

/** So many refused files of one project are named one by one: a document may have a hundred thousand. */
const MOST_REFUSALS = 20

/**
 * Filters a project and stores what is left of it: document, files, then pages. A file that cannot be had is left out of
 * the pages and owed; it does not hold back what else is known of the project.
 */
export async function storeProject(context: Context, fetched: FetchedProject, options: StoreOptions): Promise<Outcome> {
  const { config, storage, log, locks } = context
  const { project } = fetched
  warnRefused(context, fetched)
  const serial = project.lastSerial
  const filters = filtersFor(context.filters, fetched)
  const left = leftOut({ ...context, filters }, project)
  if (left !== undefined) return left
  const unwanted = config.releaseFiles ? await deletedKeys(context, project, options.madeWith) : []
  const changed = config.json ? await keepDocument(context, fetched, options.reshaped) : []
  const sifted = sift(filters, project)
  const wanted = sifted.project
  const withheld = withheldOf(context, sifted, fetched.unseen)
  const refused = { kind: 'refused', reason: `${project.name}: none of its files can be mirrored`, serial } as const
  if (releaseFiles(wanted).length === 0 && fetched.refused.length > 0 && withheld.due === undefined) return refused
  const accepted = await acceptFiles(context, wanted, { ...options, provenanceAt: fetched.provenanceAt })
  changed.push(...accepted.changed)
  const specs = config.releaseFiles ? distinct(expectedFiles(accepted.project, expectedOptions(context))) : []
  const giveBack = await locks.take(specs.map(({ key }) => key))
  try {
    const disturbed = new Set<string>()
    const files = await ensureFiles(context, specs, {
      project: project.name,
      method: options.method,
      cautious: options.cautious,
      mayReplace: (spec) => mayReplace(context, spec, { name: project.name, disturbed }),
    })
    if (files.postponed === true) return { kind: 'postponed' }
    changed.push(...files.fetched)
    const served = withoutFiles(accepted.project, new Set(files.failed.keys()))
    const owed = failureText([...accepted.owed.values(), ...files.failed.values()])
    const nothing = whyNothing(owed, accepted.refused.size > 0 && withheld.due === undefined ? refused : undefined)
    if (nothing !== undefined && !(await isServed(context, served))) return nothing
    log.info(
      `Storing index page(s): ${served.name} - in ${storage.location(simpleDirectory(served.name, config.hashIndex))}`,
    )
    await keepHeldFields(context, fetched, { sifted, before: options.held })
    changed.push(
      ...(await writePages(storage, config, { project: await withStoredSizes(context, served), ...options })),
    )
    const expected = new Set([...specs.map(({ key }) => key), ...expectedProvenance(context, served)])
    await removeFiles(context, {
      name: project.name,
      keys: unwanted.filter((key) => !expected.has(key)),
      pruneParents: 'all',
    })
    if (config.cleanup) await removeOldSpellings(context, served)
    const foreign = releaseFiles(served).some(({ filename }) => !carriesName(filename, project.name))
    context.owners.note(project.name, foreign)
    return {
      kind: 'synced',
      serial,
      rawName: project.rawName,
      changed,
      owed,
      foreign,
      withheld,
      disturbed: [...disturbed],
    }
  } finally {
    giveBack()
  }
}

/** The outcome of a project of which nothing is wanted, whatever its files are. */
function leftOut(context: Context, project: Project): Outcome | undefined {
  const { lastSerial: serial } = project
  const why = whollyBlocked(context, project)
  if (why !== undefined) {
    return { kind: 'blocked', serial, reason: why, withheld: { blocked: releaseFiles(project).length } }
  }
  if (keepsMetadata(context.filters, project)) return undefined
  const due = metadataDue(context.filters, project)
  return { kind: 'filtered', serial, withheld: withheldOf(context, { due, held: [], blocked: 0 }) }
}

/** What becomes of a project of which no file is left and no page is served. */
function whyNothing(owed: string | undefined, refused: Outcome | undefined): Outcome | undefined {
  return owed === undefined ? refused : { kind: 'failed', reason: owed, passing: true }
}

/** The options of `expectedFiles`, as the configuration has them. */
export function expectedOptions({ config }: Pick<Context, 'config'>): Parameters<typeof expectedFiles>[1] {
  const { coreMetadata, digestName, downloadMirror, downloadMirrorNoFallback } = config
  return { coreMetadata, digestName, downloadMirror: downloadMirror ?? '', downloadMirrorNoFallback }
}

/** An index may list a file twice: the first counts. */
function distinct(specs: readonly FileSpec[]): FileSpec[] {
  return [...new Map(specs.toReversed().map((spec) => [spec.key, spec])).values()].toReversed()
}

function warnRefused({ log, report }: Context, { project, refused }: FetchedProject): void {
  for (const reason of refused.slice(0, MOST_REFUSALS)) log.warn(`${project.name}: refusing a release file: ${reason}`)
  const more = refused.length - MOST_REFUSALS
  if (more > 0) log.warn(`${project.name}: refusing ${counted(more, 'more release file')}`)
  report.refused += refused.length
}

/** Whether there is something to serve of a project, or it has pages so far. */
async function isServed({ storage, config }: Context, served: Project): Promise<boolean> {
  return releaseFiles(served).length > 0 || hasPages(storage, config, served.name)
}

/** The document as it came, or what is there already. Returns the keys that the diff file lists. */
async function keepDocument(context: Context, { project, text }: FetchedProject, reshaped: boolean): Promise<string[]> {
  if (text !== undefined) return [await storeDocument(context, project, text)]
  await completeDocument(context, project.name, reshaped)
  return []
}

/** Stores a metadata document as 8.0 does, at two places. Returns the key that the diff file lists. */
async function storeDocument(
  context: Pick<Context, 'storage' | 'config'>,
  project: Project,
  text: string,
): Promise<string> {
  const key = jsonKey(project.name)
  await context.storage.write(key, reformatSorted(text))
  await writeApiDocument(context, project.name)
  return key
}

/** A run that was killed between the two may have left the document without its copy; `json-urls` may have been edited. */
async function completeDocument(
  context: Pick<Context, 'storage' | 'config'>,
  name: string,
  reshaped: boolean,
): Promise<void> {
  const { storage } = context
  const isThere = async (key: string): Promise<boolean> => (await storage.stat(key)) !== undefined
  if ((reshaped || !(await isThere(pypiJsonKey(name)))) && (await isThere(jsonKey(name))))
    await writeApiDocument(context, name)
}
