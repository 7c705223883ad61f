import { LAYOUT } from '../model/layout.js'
import { normalizeName } from '../model/name.js'
import type { ProjectList } from '../upstream/types.js'
import type { Context } from './context.js'
import { openJournal } from './journal.js'
import { saveMemory, saveSerials } from './memory.js'
import type { Memory } from './memory.js'
import { writeRootIndex } from './pages.js'
import { filterFingerprints } from './plan.js'
import type { Changed, SyncPlan } from './plan.js'
import { heldNames, planRun } from './plan-run.js'
import type { Known } from './plan-run.js'
import type { Removal } from './report.js'
import { hasPages, removalGuard, removeProject } from './remove.js'
import { commitStatus, writeTodo } from './state.js'
import { prepareDirectories, recordFailures, workThrough } from './sync.js'
import type { Worked } from './sync.js'

export interface MirrorOptions {
  /** compare every project with upstream, whatever the state files say */
  readonly forceCheck: boolean
  /** remove projects even where the guards would refuse */
  readonly allowRemovals: boolean
}

/** Brings the mirror up to date with upstream: plan, projects, removals, root index, state, in this order. */
export async function runMirror(context: Context, options: MirrorOptions): Promise<void> {
  await prepareDirectories(context)
  const { known, plan, changed, startedAt, held } = await planRun(context, { forceCheck: options.forceCheck, readOnly: false })
  context.report.serialUpstream = Math.max(plan.target, changed.serial)
  const worked = await work(context, known, plan)
  await recordFailures(context, worked.failed)
  if (worked.stopped) return
  const removals = [...plan.removals, ...worked.withdrawn.values()]
  const removed = await removeAll(context, removals, { allow: options.allowRemovals, held, changed, memory: known.memory })
  noteAbsent(known, plan, worked, removed)
  await finish(context, known, { plan, worked, changed, startedAt, compared: held !== undefined, removed: removed.size })
}

/** Writes `todo`, then works it off. The old journal goes first: its names must not count for the new list. */
async function work(context: Context, known: Known, plan: SyncPlan): Promise<Worked> {
  if (plan.work.size === 0) return { withdrawn: new Map(), failed: new Map(), stopped: false }
  const { storage } = context
  // Removals are owed too: the run after a killed one is not told of them again, but finds these gone.
  const left = new Map([...plan.removals.map(({ project }): [string, number] => [project, 0]), ...plan.work])
  await storage.remove(LAYOUT.journal)
  await writeTodo(storage, { target: plan.target, projects: left })
  const journal = await openJournal(storage, context.bootId)
  const worked = await workThrough(context, plan, async (rawName, serial) => {
    left.delete(rawName)
    if (serial !== undefined) known.serials.set(normalizeName(rawName), serial)
    await journal.finished(rawName, serial ?? 0)
  })
  if (worked.stopped) await writeTodo(storage, { target: plan.target, projects: left })
  return worked
}

interface Removing {
  readonly allow: boolean
  readonly held: ReadonlySet<string> | undefined
  readonly changed: Changed
  readonly memory: Memory
}

/** Removes what should no longer be served, all of it or, where a guard refuses, nothing. Returns the removed names. */
async function removeAll(context: Context, candidates: readonly Removal[], how: Removing): Promise<Set<string>> {
  const { config, log, report } = context
  const removed = new Set<string>()
  if (config.removedProjects === 'keep') return removed
  const removals: Removal[] = []
  for (const candidate of candidates) if (await hasPages(context, candidate.project)) removals.push(candidate)
  if (removals.length === 0) return removed
  const mirrored = (how.held ?? (await heldNames(context))).size
  const refusal = removalGuard({
    removals: removals.length,
    mirrored,
    limit: config.removalLimit,
    listedBefore: how.memory.listCount,
    listedNow: how.changed.list?.projects.size,
    allowed: how.allow,
  })
  if (refusal !== undefined) {
    log.error(refusal)
    report.refusals.push(refusal)
    return removed
  }
  context.progress.phase('Removing', removals.length)
  for (const removal of removals) {
    await removeProject(context, removal)
    removed.add(removal.project)
  }
  return removed
}

/** Remembers which listed projects have no pages, so that they are asked for again when that may have changed. */
function noteAbsent(known: Known, plan: SyncPlan, worked: Worked, removed: ReadonlySet<string>): void {
  for (const rawName of plan.work.keys()) if (!worked.failed.has(rawName)) known.absent.delete(normalizeName(rawName))
  for (const [rawName, { project }] of worked.withdrawn) known.absent.set(project, plan.work.get(rawName) ?? 0)
  for (const { project } of plan.removals) if (removed.has(project)) known.absent.set(project, 0)
  for (const project of removed) known.serials.delete(project)
}

interface Finish {
  readonly plan: SyncPlan
  readonly worked: Worked
  readonly changed: Changed
  readonly startedAt: Date
  readonly compared: boolean
  readonly removed: number
}

async function finish(context: Context, known: Known, run: Finish): Promise<void> {
  const { storage, config, report, log, filters } = context
  const { plan, worked, changed } = run
  const newApi = config.simpleApiVersion !== '1.1'
  if (plan.writeRoot || run.removed > 0) {
    context.progress.phase('Root index')
    log.info('Generating global index page.')
    const names = await heldNames(context)
    report.projectsMirrored = names.size
    if (newApi && changed.list !== undefined) learnSerials(known, names, changed.list, worked)
    const root = { serial: newApi ? plan.target : plan.base, serials: known.serials, names }
    context.diff.add(await writeRootIndex(storage, config, root))
    await saveSerials(storage, LAYOUT.serials, known.serials)
    await saveSerials(storage, LAYOUT.absent, known.absent)
  }
  await storage.flush()
  if (worked.failed.size > 0) {
    const owed = new Map([...plan.work].filter(([name]) => worked.failed.has(name)))
    await writeTodo(storage, { target: plan.target, projects: owed })
    await storage.remove(LAYOUT.journal)
  } else {
    await commitStatus(storage, plan.target, run.startedAt)
    report.serialAfter = plan.target
    log.info(`New mirror serial: ${plan.target}`)
  }
  const prints = filterFingerprints(filters)
  const { list } = changed
  // Where a guard refused, the next run has to look again.
  const settled = report.refusals.length === 0
  await saveMemory(storage, {
    listEtag: settled && list !== undefined ? list.etag : known.memory.listEtag,
    listCount: settled && list !== undefined ? list.projects.size : known.memory.listCount,
    listSerial: settled && list !== undefined ? changed.serial : known.memory.listSerial,
    reconciledAt: settled && run.compared ? run.startedAt.getTime() : known.memory.reconciledAt,
    projectFilters: settled ? prints.projects : known.memory.projectFilters,
    contentFilters: settled ? prints.contents : known.memory.contentFilters,
  })
}

/** A mirrored project that is not owed has the serial that the list says: for pages that 8.0 left without one. */
function learnSerials(known: Known, names: ReadonlySet<string>, list: ProjectList, { failed }: Worked): void {
  const unknown = new Set([...names].filter((name) => !known.serials.has(name)))
  if (unknown.size === 0) return
  for (const [rawName, serial] of list.projects) {
    const name = normalizeName(rawName)
    if (unknown.has(name) && !failed.has(rawName)) known.serials.set(name, serial)
  }
}
