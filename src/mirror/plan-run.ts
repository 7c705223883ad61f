import { LAYOUT } from '../model/layout.js'
import { normalizeName } from '../model/name.js'
import { askUpstream } from './ask.js'
import type { Context } from './context.js'
import { readJournal } from './journal.js'
import { loadMemory, loadSerials } from './memory.js'
import type { Memory } from './memory.js'
import { mirroredNames } from './pages.js'
import { filterChanges, makePlan, sinceSerial } from './plan.js'
import type { Changed, SyncPlan } from './plan.js'
import { loadState } from './state.js'
import type { State } from './state.js'

/** What the mirror knows of itself when a run begins. The maps are brought up to date by the run. */
export interface Known {
  readonly state: State
  readonly memory: Memory
  /** what an unfinished run completed: name as upstream spells it -> serial of its pages */
  readonly journal: ReadonlyMap<string, number>
  /** normalized name -> serial of its pages; empty in a run that has nothing to do */
  readonly serials: Map<string, number>
  readonly absent: Map<string, number>
}

/** A run, planned: nothing but the state files of a new mirror was written so far. */
export interface PlannedRun {
  readonly known: Known
  readonly plan: SyncPlan
  readonly changed: Changed
  readonly startedAt: Date
  /** names with pages, where the mirror was compared with the whole list */
  readonly held: ReadonlySet<string> | undefined
}

const HOUR_MS = 3600_000

/** Asks upstream what changed and decides what to do about it. */
export async function planRun(context: Context, options: { readonly forceCheck: boolean; readonly readOnly: boolean }): Promise<PlannedRun> {
  const { storage, config, log, filters } = context
  const startedAt = new Date()
  const state = await loadState(storage, log, options.readOnly)
  const memory = await loadMemory(storage)
  const journal = state.todo === undefined ? new Map<string, number>() : await readJournal(storage, context.bootId)
  const since = sinceSerial(state, options.forceCheck)
  const edited = filterChanges(filters, memory)
  const due = startedAt.getTime() - (memory.reconciledAt ?? 0) >= config.reconcileInterval * HOUR_MS
  const wholeList = options.forceCheck || edited.projects || edited.contents || (due && config.apiMethod === 'auto')
  context.report.serialBefore = state.status
  log.info(`Syncing with ${context.upstream.url}.`)
  log.info(`Current mirror serial: ${state.status ?? 0}`)
  context.progress.phase('Asking upstream')
  const changed = await askUpstream(context, { since, memory, wholeList })
  const compares = changed.list !== undefined && (wholeList || due || listDiffers(memory, changed))
  const absent = compares ? await loadSerials(storage, LAYOUT.absent) : new Map<string, number>()
  const held = compares ? await heldNames(context) : undefined
  context.progress.phase('Planning')
  const plan = makePlan({
    state,
    finished: new Set(journal.keys()),
    force: options.forceCheck,
    changed,
    held: held === undefined ? undefined : { names: held, absent },
    filters,
    filtersChanged: edited.projects || edited.contents,
    contentsChanged: edited.contents,
    askAbsentAgain: due,
  })
  log.info(`Trying to reach serial: ${plan.target}`)
  log.info(`${plan.work.size} packages to sync.`)
  const serials = plan.writeRoot ? await loadSerials(storage, LAYOUT.serials) : new Map<string, number>()
  for (const [rawName, serial] of journal) if (serial > 0) serials.set(normalizeName(rawName), serial)
  const known = { state, memory, journal, serials, absent: compares ? absent : await loadAbsent(context, plan) }
  return { known, plan, changed, startedAt, held }
}

/** Needed by runs that change something only: on a mirror of all of PyPI the file is long. */
async function loadAbsent({ storage }: Context, plan: SyncPlan): Promise<Map<string, number>> {
  return plan.writeRoot ? loadSerials(storage, LAYOUT.absent) : new Map<string, number>()
}

/** Names can only have come or gone when the list's serial or length is another one. */
function listDiffers(memory: Memory, changed: Changed): boolean {
  return memory.listSerial !== changed.serial || memory.listCount !== changed.list?.projects.size
}

/** Normalized names of the projects that the mirror has pages of. */
export async function heldNames(context: Context): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const some of mirroredNames(context.storage, context.config.hashIndex)) for (const name of some) names.add(name)
  return names
}
