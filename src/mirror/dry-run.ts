import { errorText } from '../errors.js'
import { keepsMetadata, sift } from '../filters/apply.js'
import { unknownLines } from '../filters/unknown.js'
import { expectedFiles } from '../model/expected.js'
import { releaseFiles } from '../model/project.js'
import type { Project } from '../model/project.js'
import { normalizeName } from '../packaging/name.js'
import { compareCodePoints } from '../python/code-points.js'
import { askedItem } from './plan/asked-item.js'
import type { Reason } from './plan/judge.js'
import { recallNeeds } from './closure/recall.js'
import { plannedNeeds } from './closure/planned.js'
import type { PlannedNeeds } from './closure/planned.js'
import { refuseEverything } from './plan/everything.js'
import type { Everything } from './plan/everything.js'
import { filtersFor } from './project/page-filters.js'
import { planRun } from './plan/plan-run.js'
import { removalGuard } from './plan/removal-guard.js'
import type { WorkItem } from './plan/types.js'
import { asMalware, whollyBlocked } from './project/blocked.js'
import { fetchProject } from './project/fetch-project.js'
import { REMOVALS } from './plan/plan-entries.js'
import { projectFromStored } from './project/render-stored.js'
import { expectedOptions } from './project/store-project.js'
import { hasPages } from './project/stored.js'
import { mostRequests } from '../upstream/http/concurrency.js'
import { throwIfStopped } from './run/context.js'
import type { Context } from './run/context.js'
import { eachOf } from './run/each-of.js'
import { isProjectFault } from './run/fault.js'
import { createListing } from './run/listed.js'
import { notOnUpstream } from './run/remove-found.js'
import { checkVersions, findUnknown } from './run/unknown.js'
import { MISSING, isBelieved } from './run/next-entry.js'
import type { Removal } from './run/report.js'
import { UNWANTED, WITHDRAWN } from './run/work-result.js'

/** What a run would do to one project. */
export interface PlannedProject {
  readonly name: string
  readonly action: 'add' | 'update' | 'gone' | 'filtered' | 'blocked' | 'repair' | 'failed'
  /** why the run looks at it (docs/change-detection.md); undefined in plans of other commands */
  readonly why?: Reason | undefined
  /** files to fetch and their bytes; undefined with `quick`. Core metadata files count with 0 bytes: nobody tells their size. */
  readonly files: number | undefined
  readonly bytes: number | undefined
  /** files that filters hold back for a time, and that advisories block; undefined with `quick` */
  readonly held?: number
  readonly blocked?: number
  readonly reason?: string
}

/** What a `mirror` or `sync` run would do, as data. */
export interface DryRun {
  /** of the mirror before and after the run; `sync` leaves it alone */
  readonly serial?: { readonly before: number | undefined; readonly after: number }
  readonly projects: readonly PlannedProject[]
  /** how many projects a `mirror` run looks at, by reason */
  readonly reasons?: Readonly<Record<string, number>>
  readonly removals: readonly Pick<Removal, 'project' | 'reason'>[]
  /** what requirements need, with [closure], where it was looked at */
  readonly needed?: PlannedNeeds
  /** why the removals would not happen */
  readonly refusal: string | undefined
  readonly files: number | undefined
  readonly bytes: number | undefined
  /** very many projects are new: what that means for the free space */
  readonly everything?: Everything | undefined
  /** what the lists of the configuration ask for and upstream does not have, one line each */
  readonly unknown?: readonly string[]
  /** of the projects that are looked at; undefined with `quick` */
  readonly held: number | undefined
  readonly blocked: number | undefined
}

export interface DryRunOptions {
  readonly forceCheck: boolean
  readonly allowRemovals: boolean
  readonly retryFailed: boolean
  readonly all?: boolean
  /** leave out sizes: they cost a metadata request for each project */
  readonly quick: boolean
}

/** Plans a run and looks at what it would fetch, without writing anything. */
export async function planMirror(context: Context, options: DryRunOptions): Promise<DryRun> {
  const run = await planRun(context, { ...options, readOnly: true })
  // Sizes of all of PyPI would take a million requests.
  if (run.everything !== undefined && !options.quick && options.all !== true) refuseEverything(run.everything)
  const items = [...run.plan.work.values()]
  const projects = await planProjects(context, items, options.quick)
  const removals = await servedOnes(context, [...run.plan.removals, ...withdrawn(projects)])
  const refusal =
    context.config.removedProjects === 'keep'
      ? undefined
      : removalGuard({
          removals,
          missing: run.plan.missing,
          mirrored: run.known.ledger.pageCount(),
          limit: context.config.removalLimit,
          listedBefore: run.known.notes.listCount,
          listedNow: run.changes.list?.projects.size,
          allowed: options.allowRemovals,
        })
  return {
    serial: { before: run.known.state.status, after: run.plan.target },
    projects,
    reasons: countReasons(items, run.plan.removals),
    removals,
    refusal,
    ...plannedNeeds(context, run.needed),
    ...(options.quick ? { files: undefined, bytes: undefined, held: undefined, blocked: undefined } : sums(projects)),
    everything: run.everything,
    unknown: unknownLines(findUnknown(context, run), context.filters.entries),
  }
}

/** Plans a `sync` of the named projects. */
export async function planSync(context: Context, names: readonly string[]): Promise<DryRun> {
  await recallNeeds(context)
  const ledger = await context.ledger()
  const items = names.map((rawName) => {
    const name = normalizeName(rawName)
    return askedItem({ name, rawName }, ledger.get(name))
  })
  const listing = createListing(context)
  const projects: PlannedProject[] = []
  for (const planned of await planProjects(context, items, false)) {
    const isUnknown = planned.reason === NOWHERE && !(await listing.has(planned.name))
    // The admin named them: there is no other reason.
    const project: PlannedProject = { ...planned, why: undefined }
    projects.push(isUnknown ? { ...project, reason: await notOnUpstream(project.name, listing) } : project)
  }
  const removals = await servedOnes(context, withdrawn(projects))
  return {
    projects,
    removals,
    refusal: undefined,
    ...sums(projects),
  }
}

function sums(projects: readonly PlannedProject[]): Record<'files' | 'bytes' | 'held' | 'blocked', number> {
  const sum = (what: 'files' | 'bytes' | 'held' | 'blocked'): number =>
    projects.reduce((total, project) => total + (project[what] ?? 0), 0)
  return { files: sum('files'), bytes: sum('bytes'), held: sum('held'), blocked: sum('blocked') }
}

/** How many projects a run looks at, by reason. */
export function countReasons(items: readonly WorkItem[], removals: readonly Removal[]): Record<string, number> {
  const counts: Record<string, number> = {}
  const reasons = removals.map(({ by, reason }): Reason =>
    by === 'admin' ? 'filters' : reason === REMOVALS.closure.reason ? 'closure' : 'withdrawn',
  )
  for (const reason of [...items.map((item) => item.reason), ...reasons]) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

/** Projects that turn out to be gone when they are asked for. */
function withdrawn(projects: readonly PlannedProject[]): Removal[] {
  return projects.flatMap(({ name, action, reason = '' }): Removal[] => {
    if (action === 'blocked') return [{ project: name, reason, by: 'advisories' }]
    if (action === 'gone') return [{ project: name, reason: WITHDRAWN, by: 'upstream' }]
    return action === 'filtered' ? [{ project: name, reason: UNWANTED, by: 'admin' }] : []
  })
}

/** Those that the mirror serves and the configuration lets go. */
async function servedOnes(context: Context, candidates: readonly Removal[]): Promise<Removal[]> {
  const { config, storage } = context
  const served: Removal[] = []
  for (const candidate of candidates) {
    const removal = await asMalware(context, candidate)
    const goes = config.removedProjects !== 'keep' || removal.by === 'advisories'
    if (goes && (await hasPages(storage, config, removal.project))) served.push(removal)
  }
  return served
}

async function planProjects(context: Context, items: readonly WorkItem[], quick: boolean): Promise<PlannedProject[]> {
  const projects: PlannedProject[] = []
  context.progress.phase('Planning', items.length)
  await eachOf(context, { items, width: mostRequests(context.config.maxRequests) }, async (item) => {
    throwIfStopped(context)
    projects.push(await planProject(context, item, quick))
    context.progress.step()
  })
  return projects.sort((a, b) => compareCodePoints(a.name, b.name))
}

async function planProject(context: Context, item: WorkItem, quick: boolean): Promise<PlannedProject> {
  const { name, rawName, serial, reason } = item
  const nothing = { name, why: reason, files: undefined, bytes: undefined }
  try {
    const action = (await hasPages(context.storage, context.config, name)) ? 'update' : 'add'
    if (quick) return { ...nothing, action }
    const stored = item.render ? await projectFromStored(context, item) : undefined
    const fetched = stored ?? (await fetchProject(context, rawName, serial))
    if (fetched === 'empty') return { ...nothing, action: 'gone' }
    if (fetched === 'missing') return missing(context, item, nothing)
    if (stored === undefined) checkVersions(context, fetched.project)
    const why = whollyBlocked(context, fetched.project)
    if (why !== undefined) {
      return { ...nothing, action: 'blocked', blocked: releaseFiles(fetched.project).length, reason: why }
    }
    const filters = filtersFor(context.filters, fetched)
    if (!keepsMetadata(filters, fetched.project)) return { ...nothing, action: 'filtered' }
    return { ...nothing, action, ...(await filesToFetch({ ...context, filters }, fetched.project)) }
  } catch (error) {
    throwIfStopped(context)
    if (!isProjectFault(error)) throw error
    return { ...nothing, action: 'failed', reason: errorText(error) }
  }
}

/** How many files of a project are missing or have another size, and their bytes. */
async function filesToFetch(context: Context, project: Project): Promise<FilesPlanned> {
  const { config, storage } = context
  const { project: wanted, held, blocked } = sift(context.filters, project)
  let files = 0
  let bytes = 0
  for (const spec of config.releaseFiles ? expectedFiles(wanted, expectedOptions(context)) : []) {
    const held = await storage.stat(spec.key)
    if (held !== undefined && (spec.size === undefined || spec.size === held.size)) continue
    files += 1
    bytes += spec.size ?? 0
  }
  return { files, bytes, held: held.length, blocked }
}

type FilesPlanned = Required<Pick<PlannedProject, 'held' | 'blocked'>> & {
  readonly files: number
  readonly bytes: number
}

const NOWHERE = 'upstream answers 404 for its metadata and its page'

/** Upstream answers 404: that is a failure of a project that the mirror serves, as long as the answer is not believed. */
function missing(context: Context, item: WorkItem, nothing: Omit<PlannedProject, 'action'>): PlannedProject {
  const { entry, listed, reason } = item
  const served = entry !== undefined && entry.absent === undefined
  // One that was asked for by its name should be there.
  const named = reason === 'forced' && listed === undefined
  if ((!served && !named) || isBelieved(context, item)) return { ...nothing, action: 'gone' }
  return { ...nothing, action: 'failed', reason: listed === true ? MISSING : NOWHERE }
}
