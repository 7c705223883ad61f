import { LAYOUT } from '../model/layout.js'
import { normalizeName } from '../packaging/name.js'
import type { Context } from './run/context.js'
import { openJournal } from './state/journal.js'
import { saveMemory, saveSerials } from './state/run-notes.js'
import type { Memory } from './state/run-notes.js'
import { writeRootIndex } from './project/pages.js'
import { filterFingerprints } from './plan/plan.js'
import type { SyncPlan } from './plan/types.js'
import { heldNames, planRun } from './plan/plan-run.js'
import type { Known, PlannedRun } from './plan/plan-run.js'
import type { Removal } from './run/report.js'
import { hasPages, removalGuard, removeProject } from './project/remove.js'
import { commitStatus, stateFiles, writeTodo } from './state/status-files.js'
import { prepareDirectories, recordFailures, workThrough } from './run/work-off.js'
import type { Worked } from './run/work-off.js'

export interface MirrorOptions {
  /** compare every project with upstream, whatever the state files say */
  readonly forceCheck: boolean
  /** remove projects even where the guards would refuse */
  readonly allowRemovals: boolean
}

/** Brings the mirror up to date with upstream: plan, projects, removals, root index, state, in this order. */
export async function runMirror(context: Context, options: MirrorOptions): Promise<void> {
  const { storage, filters, config } = context
  await prepareDirectories(context)
  const run = await planRun(context, { forceCheck: options.forceCheck, readOnly: false })
  const { known, plan, changed } = run
  // Also for a run that is killed: else an edit before the next one would go unnoticed.
  if (known.memory.projectFilters === undefined)
    await saveMemory(storage, { ...known.memory, ...filterFingerprints(filters) })
  context.report.serialUpstream = changed.serial
  const worked = await work(context, known, plan)
  await recordFailures(context, worked.failed)
  if (worked.stopped) return
  // A backup may lack what will come back.
  const removals = changed.wentBack ? plan.removals : [...plan.removals, ...worked.withdrawn.values()]
  const removed = await removeAll(context, removals, { ...run, allow: options.allowRemovals })
  for (const project of removed) known.serials.delete(project)
  const owed = new Set(worked.failed.keys())
  for (const [rawName, { project }] of worked.withdrawn) {
    const refused = config.removedProjects !== 'keep' && !removed.has(project)
    if (refused && (await hasPages(context, project))) owed.add(rawName)
  }
  noteAbsent(run, worked)
  await finish(context, run, { worked, owed, removed: removed.size })
}

/** Writes `todo`, then works it off. The old journal goes first: its names must not count for the new list. */
async function work(context: Context, known: Known, plan: SyncPlan): Promise<Worked> {
  if (plan.work.size === 0) return { withdrawn: new Map(), refused: new Set(), failed: new Map(), stopped: false }
  const { storage } = context
  // Removals are owed too: the run after a killed one is not told of them again, but finds these gone.
  const left = new Map([...plan.removals.map(({ project }): [string, number] => [project, 0]), ...plan.work])
  await storage.remove(LAYOUT.journal)
  await writeTodo(storage, { target: plan.target, projects: left })
  const journal = await openJournal(storage, context.bootId)
  const worked = await workThrough(context, plan, async (rawName, serial) => {
    left.delete(rawName)
    // 0: an index without serials
    if (serial !== undefined && serial > 0) known.serials.set(normalizeName(rawName), serial)
    else known.serials.delete(normalizeName(rawName))
    await journal.finished(rawName, serial ?? 0)
  })
  if (worked.stopped) await writeTodo(storage, { target: plan.target, projects: left })
  return worked
}

/** Removes what should no longer be served, all of it or, where a guard refuses, nothing. Returns the removed names. */
async function removeAll(
  context: Context,
  candidates: readonly Removal[],
  run: PlannedRun & { readonly allow: boolean },
): Promise<Set<string>> {
  const { config, log, report } = context
  const removed = new Set<string>()
  if (config.removedProjects === 'keep') return removed
  const removals: Removal[] = []
  for (const candidate of candidates) if (await hasPages(context, candidate.project)) removals.push(candidate)
  if (removals.length + run.plan.missing === 0) return removed
  const mirrored = (run.held ?? (await heldNames(context))).size
  const refusal = removalGuard({
    removals: removals.length + run.plan.missing,
    mirrored,
    limit: config.removalLimit,
    listedBefore: run.known.memory.listCount,
    listedNow: run.changed.list?.projects.size,
    allowed: run.allow,
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
function noteAbsent({ known, plan }: PlannedRun, { failed, withdrawn, refused }: Worked): void {
  for (const [name, serial] of plan.presumedAbsent) known.absent.set(name, serial)
  for (const [rawName, serial] of plan.work) {
    const name = normalizeName(rawName)
    if (withdrawn.has(rawName) || refused.has(rawName)) known.absent.set(name, serial)
    else if (!failed.has(rawName)) known.absent.delete(name)
  }
}

interface Done {
  readonly worked: Worked
  /** names as upstream spells them that the next run has to ask for again */
  readonly owed: ReadonlySet<string>
  /** projects */
  readonly removed: number
}

async function finish(context: Context, run: PlannedRun, done: Done): Promise<void> {
  const { storage, config, report, log } = context
  const { known, plan } = run
  const newApi = config.simpleApiVersion !== '1.1'
  const learned = newApi ? learnSerials(run, done.worked) : 0
  if (plan.writeRoot || done.removed > 0 || learned > 0) {
    context.progress.phase('Root index')
    log.info('Generating global index page.')
    const names = await heldNames(context)
    report.projectsMirrored = names.size
    const root = { serial: newApi ? plan.target : plan.base, serials: known.serials, names }
    context.diff.add(await writeRootIndex(storage, config, root))
    await saveSerials(storage, LAYOUT.serials, known.serials)
  }
  if (plan.writeRoot || plan.presumedAbsent.size > 0) await saveSerials(storage, LAYOUT.absent, known.absent)
  // A run that wrote nothing need not wait for what others write.
  if (plan.writeRoot || plan.work.size > 0 || done.removed > 0 || learned > 0) await storage.flush()
  if (done.owed.size > 0) {
    const owed = new Map([...plan.work].filter(([name]) => done.owed.has(name)))
    await writeTodo(storage, { target: plan.target, projects: owed })
    await storage.remove(LAYOUT.journal)
  } else {
    await commitStatus(storage, { serial: plan.target, startedAt: run.startedAt, before: known.state.status })
    report.serialAfter = plan.target
    log.info(`New mirror serial: ${plan.target}`)
  }
  await saveMemory(storage, remembered(context, run), known.memory)
}

/** What the next run has to know of this one. Where a guard refused, it looks at the same things again. */
function remembered(
  { report, filters, jsonApi, upstream, storage }: Context,
  { known, changed, startedAt }: PlannedRun,
): Memory {
  const { list } = changed
  const serial = report.serialAfter
  const files = serial === undefined ? known.memory.stateFiles : stateFiles(storage, serial)
  const jsonApiAt = jsonApi.offered === true ? upstream.url : known.memory.jsonApiAt
  if (report.refusals.length > 0) return { ...known.memory, jsonApiAt, stateFiles: files, unsettled: true }
  const seen =
    list === undefined
      ? {}
      : {
          // Only serials tell that an unchanged list means unchanged projects.
          listEtag: list.hasSerials ? list.etag : undefined,
          listCount: list.projects.size,
          listSerial: changed.serial,
        }
  const compared = changed.tellsAbsence || changed.wentBack ? { reconciledAt: startedAt.getTime() } : {}
  const notes = { upstreamSerial: changed.serial, jsonApiAt, stateFiles: files, unsettled: false }
  return { ...known.memory, ...seen, ...compared, ...filterFingerprints(filters), ...notes }
}

/**
 * A mirrored project that is not owed has the serial that the list says: for pages that 8.0 left without one. Returns
 * how many serials are new.
 */
function learnSerials({ held, known, changed: { list } }: PlannedRun, { failed }: Worked): number {
  if (held === undefined || list?.hasSerials !== true) return 0
  const unknown = new Set([...held].filter((name) => !known.serials.has(name)))
  if (unknown.size === 0) return 0
  const before = known.serials.size
  for (const [rawName, serial] of list.projects) {
    const name = normalizeName(rawName)
    if (unknown.has(name) && !failed.has(rawName)) known.serials.set(name, serial)
  }
  return known.serials.size - before
}
