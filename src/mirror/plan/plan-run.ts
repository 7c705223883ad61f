import { LAYOUT } from '../../model/layout.js'
import { counted } from '../../count.js'
import { unreadLedger } from '../state/ledger.js'
import type { Ledger } from '../state/ledger.js'
import { loadNotes } from '../state/run-notes.js'
import type { RunNotes } from '../state/run-notes.js'
import { loadState } from '../state/status-files.js'
import type { State } from '../state/status-files.js'
import { recallJsonApi } from '../project/json-api.js'
import type { Context } from '../run/context.js'
import { warnOfClock } from '../run/warn-of-clock.js'
import { needsLook } from '../closure/report-needs.js'
import { planClosure } from '../closure/plan-closure.js'
import type { ClosureQuestion } from '../closure/plan-closure.js'
import type { ClosurePlan } from '../closure/types.js'
import { findEdits } from './edits.js'
import { judgeEverything } from './everything.js'
import type { Everything } from './everything.js'
import type { Edits } from './edits.js'
import { openLedger } from './open-ledger.js'
import { makePlan, sinceSerial } from './make-plan.js'
import type { Circumstances } from './judge.js'
import type { PlanInput, SyncPlan, UpstreamChanges } from './types.js'
import { askUpstream } from './upstream-changes.js'

/** What the mirror knows of itself when a run begins. */
export interface Known {
  readonly state: State
  readonly notes: RunNotes
  /** brought up to date by the run */
  readonly ledger: Ledger
  /** false in a quiet run, which has nothing to look up in the ledger */
  readonly ledgerRead: boolean
  /** projects with pages that the ledger did not know when the run began */
  readonly adopted: number
}

/** A run, planned: nothing but the state files of a new mirror was written so far. */
export interface PlannedRun {
  readonly known: Known
  readonly plan: SyncPlan
  readonly changes: UpstreamChanges
  readonly edits: Edits
  /** what requirements need; undefined without [closure], and in a quiet run */
  readonly needed: ClosurePlan | undefined
  /** The plan again, with the ledger as it is by now, where something else is needed than was thought. */
  readonly replan: (needed: ClosurePlan) => SyncPlan
  /** what is to be said of very many new projects before the run begins */
  readonly everything: Everything | undefined
}

export interface PlanRunOptions {
  /** `--force-check` */
  readonly forceCheck: boolean
  readonly allowRemovals: boolean
  /** `--retry-failed` */
  readonly retryFailed: boolean
  /** change nothing on disk */
  readonly readOnly: boolean
}

const HOUR_MS = 3600_000
/** Clocks are put right by small steps all the time. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** Asks upstream what changed and decides what to do about it. A quiet run asks once and reads no ledger. */
export async function planRun(context: Context, options: PlanRunOptions): Promise<PlannedRun> {
  const { storage, config, log, filters, startedAt } = context
  const notes = await loadNotes(storage)
  const state = await loadState(storage, log, { readOnly: options.readOnly, remembered: notes.stateFiles })
  const since = sinceSerial(state, options.forceCheck)
  const edits = findEdits(context, notes)
  const elapsed = startedAt.getTime() - (notes.reconciledAt ?? 0)
  // Negative where the clock was wrong: then nobody knows.
  const reconciles = elapsed < 0 || elapsed >= config.reconcileInterval * HOUR_MS
  const clockWentBack =
    filters.timed && notes.clock !== undefined && startedAt.getTime() < notes.clock - CLOCK_TOLERANCE_MS
  if (clockWentBack) log.warn(clockText(startedAt, notes.clock))
  const looks = notes.nextLook !== undefined && notes.nextLook * 1000 <= startedAt.getTime()
  const incomplete = context.closure !== undefined && needsLook(notes.closure, startedAt)
  // A command that was killed left a journal. In a bucket looking for one would cost a request in every quiet run.
  const interrupted = !storage.properties.metered && (await storage.stat(LAYOUT.journal)) !== undefined
  const needsLedger =
    interrupted ||
    state.todo !== undefined ||
    edits.any ||
    reconciles ||
    looks ||
    clockWentBack ||
    incomplete ||
    options.forceCheck ||
    options.retryFailed
  let adopted = needsLedger ? await openLedger(context, { notes, state, thorough: reconciles, ...options }) : undefined
  const wholeList =
    options.forceCheck ||
    edits.projects ||
    notes.unsettled ||
    (reconciles && config.apiMethod !== 'xmlrpc') ||
    adopted?.lost === true
  context.report.serialBefore = state.status
  log.info(`Syncing with ${context.upstream.url}.`)
  log.info(`Current mirror serial: ${state.status ?? 0}`)
  context.progress.phase('Asking upstream')
  const held = Math.max(state.status ?? 0, state.todo?.target ?? 0)
  const question = { since, held, notes, wholeList, switching: options.forceCheck && options.allowRemovals }
  let changes = await askUpstream(context, question)
  if (adopted === undefined && (changes.list !== undefined || changes.changelog.size > 0)) {
    adopted = await openLedger(context, { notes, state, thorough: false, ...options })
    if (adopted.lost && changes.list === undefined)
      changes = await askUpstream(context, { ...question, wholeList: true })
  }
  warnOfClock(context)
  context.progress.phase('Planning')
  const ledger = adopted?.ledger ?? unreadLedger(storage)
  if (adopted !== undefined && changes.wentBack) await adopted.readSerials()
  const needed =
    adopted === undefined
      ? undefined
      : await findNeeded(context, { changes, ledger, forced: options.forceCheck, readOnly: options.readOnly })
  const circumstances: Circumstances = {
    now: startedAt.getTime() / 1000,
    since,
    forced: options.forceCheck,
    projectsEdited: edits.projects,
    retryFailed: options.retryFailed,
    thorough: reconciles,
    wentBack: changes.wentBack,
    clockWentBack,
    hasSerials: changes.list?.hasSerials ?? true,
    learnsUpTo: adopted?.taken !== undefined && since > 0 ? since : -1,
    presumesUpTo: adopted?.taken === '8.0' && !edits.projects && since > 0 ? since : -1,
    removes: config.removedProjects !== 'keep',
    undecided: isUndecided(needed),
  }
  const input: PlanInput = {
    state,
    changes: adopted?.lost === true ? { ...changes, tellsAbsence: false } : changes,
    ledger,
    filters,
    shapeOf: context.shapeOf,
    filtersDiffer: edits.filtersDiffer,
    shapes: notes.shapes,
    rootEdited: (edits.options || interrupted) && !options.readOnly,
    needed: serialsOf(needed),
    circumstances,
  }
  const plan = makePlan(input)
  log.info(`Trying to reach serial: ${plan.target}`)
  log.info(`${counted(plan.work.size, 'package')} to sync.`)
  recallJsonApi(
    context,
    notes,
    [...plan.work.values()].slice(0, WITNESS_CANDIDATES).map(({ rawName }) => rawName),
  )
  return {
    known: { state, notes, ledger, ledgerRead: adopted !== undefined, adopted: adopted?.count ?? 0 },
    plan,
    changes,
    edits,
    needed,
    everything: await judgeNew(context, plan, state),
    replan: (now) => makePlan(inputAgain(input, now)),
  }
}

function clockText(startedAt: Date, before = 0): string {
  const [now, then] = [startedAt.toISOString(), new Date(before).toISOString()]
  return `The clock says ${now}, and said ${then} in an earlier run. All projects are looked at again for what is too young`
}

/** What the requirements of [closure] need. */
async function findNeeded(
  context: Context,
  question: Omit<ClosureQuestion, 'ledgerSerial'> & { readonly ledger: Ledger },
): Promise<ClosurePlan | undefined> {
  const { closure } = context
  if (closure === undefined) return undefined
  return planClosure(context, closure, { ...question, ledgerSerial: (name) => question.ledger.pageSerial(name) })
}

function isUndecided(needed: ClosurePlan | undefined): boolean {
  return needed !== undefined && needed.failures.length > 0
}

function serialsOf(needed: ClosurePlan | undefined): ReadonlyMap<string, number> {
  return new Map([...(needed?.members ?? [])].map(([name, { serial }]) => [name, serial]))
}

/** For a second plan in the same run: what the ledger has by now is done. */
function inputAgain(input: PlanInput, needed: ClosurePlan): PlanInput {
  const undecided = isUndecided(needed)
  const nothing = { forced: false, thorough: false, wentBack: false, clockWentBack: false }
  const circumstances = { ...input.circumstances, ...nothing, since: Infinity, undecided }
  return { ...input, needed: serialsOf(needed), circumstances }
}

/** Not for a run that goes on with what an earlier one began: that was meant. */
async function judgeNew(
  { config, storage }: Context,
  { work }: SyncPlan,
  { todo }: State,
): Promise<Everything | undefined> {
  if (todo !== undefined) return undefined
  let projects = 0
  for (const { reason } of work.values()) if (reason === 'new') projects += 1
  return judgeEverything(projects, { config, free: await storage.properties.freeBytes?.() })
}

/** More than json-api.ts looks at. */
const WITNESS_CANDIDATES = 10
