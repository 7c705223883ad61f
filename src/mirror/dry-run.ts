import { BandersnatchError, StorageError, errorText } from '../errors.js'
import { explain, filterReleases, keepsMetadata, keepsProject } from '../filters/apply.js'
import type { Drop } from '../filters/types.js'
import { expectedFiles } from '../model/expected.js'
import { compareCodePoints } from '../python/code-points.js'
import { normalizeName } from '../packaging/name.js'
import { throwIfStopped } from './run/context.js'
import type { Context } from './run/context.js'
import { fetchProject } from './project/fetch-project.js'
import { eachOf } from './project/fetch-files.js'
import { heldNames, planRun } from './plan/plan-run.js'
import { expectedOptions } from './project/sync-project.js'
import { hasPages, removalGuard, UNWANTED, WITHDRAWN } from './project/remove.js'
import type { Removal } from './run/report.js'

/** What a run would do to one project. */
export interface PlannedProject {
  readonly name: string
  readonly action: 'add' | 'update' | 'gone' | 'filtered' | 'repair' | 'failed'
  /** files to fetch and their bytes; undefined with `quick`. Core metadata files count with 0 bytes: nobody tells their size. */
  readonly files: number | undefined
  readonly bytes: number | undefined
  readonly reason?: string
}

/** What a `mirror` or `sync` run would do, as data. */
export interface DryRun {
  /** of the mirror before and after the run; `sync` leaves it alone */
  readonly serial?: { readonly before: number | undefined; readonly after: number }
  readonly projects: readonly PlannedProject[]
  readonly removals: readonly Removal[]
  /** why the removals would not happen */
  readonly refusal: string | undefined
  readonly files: number | undefined
  readonly bytes: number | undefined
}

export interface DryRunOptions {
  readonly forceCheck: boolean
  readonly allowRemovals: boolean
  /** leave out sizes: they cost a metadata request for each project */
  readonly quick: boolean
}

/** Plans a run and looks at what it would fetch, without writing anything. */
export async function planMirror(context: Context, options: DryRunOptions): Promise<DryRun> {
  const run = await planRun(context, { forceCheck: options.forceCheck, readOnly: true })
  const projects = await planProjects(context, run.plan.work, options.quick)
  const removals = await servedOnes(context, [...run.plan.removals, ...withdrawn(projects)])
  const guarded = context.config.removedProjects !== 'keep' && removals.length + run.plan.missing > 0
  const refusal = !guarded
    ? undefined
    : removalGuard({
        removals: removals.length + run.plan.missing,
        mirrored: (run.held ?? (await heldNames(context))).size,
        limit: context.config.removalLimit,
        listedBefore: run.known.memory.listCount,
        listedNow: run.changed.list?.projects.size,
        allowed: options.allowRemovals,
      })
  const sum = (pick: (project: PlannedProject) => number | undefined): number | undefined =>
    options.quick ? undefined : projects.reduce((total, project) => total + (pick(project) ?? 0), 0)
  return {
    serial: { before: run.known.state.status, after: run.plan.target },
    projects,
    removals,
    refusal,
    files: sum((project) => project.files),
    bytes: sum((project) => project.bytes),
  }
}

/** Plans a `sync` of the named projects. */
export async function planSync(context: Context, names: readonly string[]): Promise<DryRun> {
  const projects = await planProjects(context, new Map(names.map((name) => [name, 0])), false)
  const removals = await servedOnes(context, withdrawn(projects))
  const sum = (pick: (project: PlannedProject) => number | undefined): number =>
    projects.reduce((total, project) => total + (pick(project) ?? 0), 0)
  return { projects, removals, refusal: undefined, files: sum(({ files }) => files), bytes: sum(({ bytes }) => bytes) }
}

/** Projects that turn out to be gone when they are asked for. */
function withdrawn(projects: readonly PlannedProject[]): Removal[] {
  return projects.flatMap(({ name, action }) => {
    const reason = action === 'gone' ? WITHDRAWN : action === 'filtered' ? UNWANTED : undefined
    return reason === undefined ? [] : [{ project: name, reason }]
  })
}

/** Those that the mirror serves and the configuration lets go. */
async function servedOnes(context: Context, candidates: readonly Removal[]): Promise<Removal[]> {
  const served: Removal[] = []
  if (context.config.removedProjects === 'keep') return served
  for (const removal of candidates) if (await hasPages(context, removal.project)) served.push(removal)
  return served
}

/** What would be done to each project of a list: name as upstream spells it -> serial that it must have. */
async function planProjects(
  context: Context,
  work: ReadonlyMap<string, number>,
  quick: boolean,
): Promise<PlannedProject[]> {
  const projects: PlannedProject[] = []
  context.progress.phase('Planning', work.size)
  await eachOf(context, { items: work, width: context.config.workers }, async ([rawName, serial]) => {
    throwIfStopped(context)
    projects.push(await planProject(context, rawName, { quick, serial }))
    context.progress.step()
  })
  return projects.sort((a, b) => compareCodePoints(a.name, b.name))
}

async function planProject(
  context: Context,
  rawName: string,
  how: { quick: boolean; serial: number },
): Promise<PlannedProject> {
  const name = normalizeName(rawName)
  const nothing = { name, files: undefined, bytes: undefined }
  try {
    const action = (await hasPages(context, name)) ? 'update' : 'add'
    if (how.quick) return { ...nothing, action }
    const fetched = await fetchProject(context, rawName, how.serial)
    if (fetched === 'gone') return { ...nothing, action: 'gone' }
    if (!keepsMetadata(context.filters, fetched.project)) return { ...nothing, action: 'filtered' }
    const wanted = filterReleases(context.filters, fetched.project)
    const specs = context.config.releaseFiles ? expectedFiles(wanted, expectedOptions(context)) : []
    let files = 0
    let bytes = 0
    for (const spec of specs) {
      const stored = await context.storage.stat(spec.key)
      if (stored !== undefined && (spec.size === undefined || spec.size === stored.size)) continue
      files += 1
      bytes += spec.size ?? 0
    }
    return { name, action, files, bytes }
  } catch (error) {
    throwIfStopped(context)
    if (error instanceof StorageError || !(error instanceof BandersnatchError)) throw error
    return { ...nothing, action: 'failed', reason: errorText(error) }
  }
}

/** Which plugin decides over a project, its releases and its files: `mirror --explain NAME`. */
export interface Explanation {
  readonly name: string
  readonly mirrored: boolean
  readonly verdict: string
  readonly drops: readonly Drop[]
}

/** @throws UpstreamError */
export async function explainProject(context: Context, rawName: string): Promise<Explanation> {
  const name = normalizeName(rawName)
  const mirrored = await hasPages(context, name)
  const byName = keepsProject(context.filters, rawName)
  if (!byName.keep) return { name, mirrored, verdict: byName.reason ?? 'dropped', drops: [] }
  const fetched = await fetchProject(context, rawName, 0)
  if (fetched === 'gone') return { name, mirrored, verdict: 'upstream does not have it', drops: [] }
  const drops = explain(context.filters, fetched.project)
  const dropped = drops.find((drop) => drop.kind === 'project')
  return {
    name,
    mirrored,
    verdict: dropped === undefined ? 'wanted' : `dropped by ${dropped.plugin ?? 'a filter'}`,
    drops,
  }
}
