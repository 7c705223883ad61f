import { LAYOUT } from '../model/layout.js'
import { compareCodePoints } from '../python/code-points.js'
import { closureNotes, reportNeeds } from './closure/report-needs.js'
import { countReasons } from './dry-run.js'
import { refuseEverything } from './plan/everything.js'
import { planRun } from './plan/plan-run.js'
import type { PlannedRun } from './plan/plan-run.js'
import { commonShape, projectFiltersOf, shapeTexts } from './plan/shape.js'
import { writeRoot } from './project/root.js'
import type { Context } from './run/context.js'
import { followNeeds } from './run/follow-needs.js'
import { prepareDirectories } from './run/prepare.js'
import { removeWithdrawn } from './run/remove-withdrawn.js'
import type { RemovedNames } from './run/remove-withdrawn.js'
import { reportFailures } from './run/report-failures.js'
import { tellUnknown } from './run/unknown.js'
import { workOff } from './run/work-off.js'
import { createWorkResult } from './run/work-result.js'
import type { WorkResult } from './run/work-result.js'
import { openJournal } from './state/journal.js'
import type { Journal } from './state/journal.js'
import { looksOf } from './state/next-look.js'
import { removeOldState } from './state/old-state.js'
import { saveNotes } from './state/run-notes.js'
import type { RunNotes } from './state/run-notes.js'
import { commitStatus, rememberedFiles, writeTodo } from './state/status-files.js'

export interface MirrorOptions {
  /** compare every project with upstream, whatever the state files say */
  readonly forceCheck: boolean
  /** remove projects even where the guards would refuse */
  readonly allowRemovals: boolean
  /** ask again at once for projects that failed in several runs */
  readonly retryFailed: boolean
  /** all of PyPI is meant, whatever the free space is: `[mirror] everything` for one run */
  readonly all?: boolean
}

/** Brings the mirror up to date with upstream: plan, projects, removals, root index, state, in this order. */
export async function runMirror(context: Context, options: MirrorOptions): Promise<void> {
  await prepareDirectories(context)
  const planned = await planRun(context, { ...options, readOnly: false })
  const { plan, changes, known, everything } = planned
  if (everything !== undefined) {
    if (options.all !== true) refuseEverything(everything)
    context.log.warn(everything.text)
  }
  context.report.serialUpstream = changes.serial
  context.report.reasons = countReasons([...plan.work.values()], plan.removals)
  const begun = await noteBegin(context, planned)
  for (const [name, entry] of plan.notes) {
    if (entry === undefined) known.ledger.delete(name)
    else known.ledger.set(name, entry)
  }
  const works = plan.work.size > 0 || plan.removals.length > 0
  const journal = works ? await beginWork(context, planned) : undefined
  const result = journal === undefined ? createWorkResult() : await work(context, planned, journal)
  const run = journal === undefined ? planned : await followNeeds(context, planned, { result, journal })
  const { needed } = run
  reportFailures(context, { result, waiting: plan.waiting })
  reportNeeds(context, { needed, before: begun.closure })
  tellUnknown(context, run)
  context.report.stoppedEarly = result.stopped === 'error'
  if (result.stopped === 'error') return stop(context, run, result)
  const removed = await removeWithdrawn(context, { ...run, result, journal, allow: options.allowRemovals })
  await finish(context, run, { result, removed, begun })
}

/** Notes under which configuration pages are written from now on: also for a run that is killed. */
async function noteBegin(
  { storage, shape, filters, startedAt }: Context,
  { known: { notes }, edits, plan }: PlannedRun,
): Promise<RunNotes> {
  const begun: RunNotes = {
    ...notes,
    shapes: { ...notes.shapes, [shape.id]: shapeTexts(shape) },
    ...(filters.timed && plan.work.size > 0 ? { clock: Math.max(notes.clock ?? 0, startedAt.getTime()) } : {}),
    ...(edits.options ? { begunShape: shape.id } : {}),
    ...(edits.projects || notes.projectFilters === undefined ? { begunProjectFilters: projectFiltersOf(filters) } : {}),
  }
  await saveNotes(storage, begun, notes)
  return begun
}

/** Writes `todo`, then opens the journal: a run that is killed from now on goes on with what is left. */
async function beginWork({ storage, bootId }: Context, { plan }: PlannedRun): Promise<Journal> {
  // Removals are owed, too: the run after a killed one is not told of them again, but finds these projects gone.
  const names = [...plan.removals.map(({ project }): [string, number] => [project, 0]), ...todoOf(plan.work.values())]
  await writeTodo(storage, { target: plan.target, projects: new Map(names) })
  return openJournal(storage, bootId)
}

function* todoOf(items: Iterable<{ readonly rawName: string; readonly serial: number }>): Generator<[string, number]> {
  for (const { rawName, serial } of items) yield [rawName, serial]
}

async function work(context: Context, { plan }: PlannedRun, journal: Journal): Promise<WorkResult> {
  // In a bucket a line of its own for each project would come late: there `todo` tells what may be half written.
  const announces = context.storage.properties.metered ? 'none' : 'known'
  return workOff(context, plan.work.values(), { journal, announces })
}

/** `stop-on-error` ended the work: the ledger takes what was done, and `todo` what was not. */
async function stop(
  { storage, log }: Context,
  { plan, known }: PlannedRun,
  { failed, done }: WorkResult,
): Promise<void> {
  log.error('Exiting early after error.')
  const left = [...plan.work.values()].filter(({ name }) => failed.has(name) || !done.has(name))
  await known.ledger.save()
  await writeTodo(storage, { target: plan.target, projects: new Map(todoOf(left)) })
  await storage.remove(LAYOUT.journal)
}

interface Finished {
  readonly result: WorkResult
  readonly removed: RemovedNames
  readonly begun: RunNotes
}

async function finish(context: Context, run: PlannedRun, { result, removed, begun }: Finished): Promise<void> {
  const { storage, report, log, startedAt } = context
  const { known, plan } = run
  const wrote = plan.writeRoot || plan.work.size > 0 || removed.names.size > 0
  if (plan.writeRoot || removed.names.size > 0 || report.projectsSynced > 0) {
    const newApi = context.config.simpleApiVersion !== '1.1'
    await writeRoot(context, newApi ? plan.target : plan.base)
  }
  // A run that wrote nothing need not wait for what others write.
  if (wrote) await storage.flush()
  // Before the status says that the run is complete: a quiet run after a killed one reads nothing but the notes.
  const looks = known.ledgerRead ? looksOf(known.ledger.exceptions()) : {}
  const noted = { ...begun, ...looks }
  await saveNotes(storage, noted, begun)
  await known.ledger.save()
  report.held = noted.held
  report.blocked = noted.blocked
  if (!known.ledger.found) await removeOldState(storage)
  const owed = owedProjects(run, result, removed)
  report.projectsLeft = result.left.length
  if (owed.size > 0) {
    await writeTodo(storage, { target: plan.target, projects: owed })
    await storage.remove(LAYOUT.journal)
  } else {
    await commitStatus(storage, { serial: plan.target, startedAt, before: known.state.status })
    report.serialAfter = plan.target
    log.info(`New mirror serial: ${plan.target}`)
  }
  // What the time did not suffice for has not the shape of today yet: the notes of the beginning hold on.
  if (result.stopped === undefined) await saveNotes(storage, notesAfter(context, run, noted), noted)
}

/** What the next run has to ask for: name as upstream spells it -> serial. */
function owedProjects(
  { plan }: PlannedRun,
  { failed, left }: WorkResult,
  { refused }: RemovedNames,
): Map<string, number> {
  const owed = new Map(todoOf(left))
  for (const { item } of failed.values()) owed.set(item.rawName, item.serial)
  for (const [name, entry] of plan.waiting) owed.set(entry.rawName ?? name, entry.owed?.serial ?? 0)
  for (const { rawName, serial } of refused) owed.set(rawName, serial)
  return new Map([...owed].sort(([a], [b]) => compareCodePoints(a, b)))
}

/** What the next run has to know of this one. Where a guard refused, it looks at the same things again. */
function notesAfter(context: Context, { known, changes, needed, edits }: PlannedRun, begun: RunNotes): RunNotes {
  const { report, jsonApi, upstream, storage, startedAt, shape } = context
  const { list } = changes
  const serial = report.serialAfter
  const stateFiles = serial === undefined ? begun.stateFiles : rememberedFiles(storage, serial)
  const jsonApiAt = jsonApi.offered === true ? upstream.url : begun.jsonApiAt
  const shapes = known.ledgerRead ? shapesInUse(begun, known, shape.id) : begun.shapes
  const closure = closureNotes(context, needed, begun.closure)
  const common = { jsonApiAt, stateFiles, contentFilters: undefined, closure, unknown: report.unknown }
  const made = {
    shape: shape.id,
    single: shape.single,
    begunShape: undefined,
    shapes,
    advisories: context.advisoriesId,
    clock: clockAfter(context, begun),
  }
  const foreignKnown =
    begun.foreignKnown || context.owners.scanned() || (begun.shape === undefined && known.adopted === 0)
  if (report.refusals.length > 0) return { ...begun, ...common, ...made, foreignKnown, unsettled: true }
  const seen =
    list === undefined
      ? {}
      : {
          // Only serials tell that an unchanged list means unchanged projects.
          listEtag: list.hasSerials ? list.etag : undefined,
          listCount: list.projects.size,
          listSerial: changes.serial,
        }
  const compared = changes.tellsAbsence || changes.wentBack ? { reconciledAt: startedAt.getTime() } : {}
  return {
    ...begun,
    ...common,
    ...made,
    ...seen,
    ...compared,
    foreignKnown,
    ...doneFilters(context, edits.projects && common.closure?.incomplete === true),
    upstreamSerial: changes.serial,
    unsettled: false,
    keeps: context.config.removedProjects === 'keep',
  }
}

/** Where not all that is needed is known, an edit of the requirements is not done. */
function doneFilters(context: Context, undone: boolean): Partial<RunNotes> {
  if (undone) return {}
  return {
    projectFilters: projectFiltersOf(context.filters),
    projectFiltersDue: projectFiltersDue(context),
    begunProjectFilters: undefined,
  }
}

/** When the project filters decide otherwise, in seconds since the epoch. */
function projectFiltersDue({ filters, startedAt }: Context): number | undefined {
  const now = startedAt.getTime()
  const times = filters.project
    .map((filter) => filter.dueAt?.())
    .filter((time): time is number => time !== undefined && time > now)
  return times.length === 0 ? undefined : Math.ceil(Math.min(...times) / 1000)
}

/** Everything that a run with a later time made was looked at again: from now on today's time counts. */
function clockAfter({ startedAt, filters }: Context, { clock }: RunNotes): number | undefined {
  return clock === undefined || !filters.timed ? undefined : Math.min(clock, startedAt.getTime())
}

/** Today's shape, and those of projects that could not be made anew yet. */
function shapesInUse({ shapes }: RunNotes, { ledger }: PlannedRun['known'], today: string): RunNotes['shapes'] {
  const used = new Set([today])
  for (const [, entry] of ledger.exceptions()) used.add(commonShape(entry.shape))
  return Object.fromEntries(Object.entries(shapes).filter(([id]) => used.has(id)))
}
