import { LAYOUT } from '../../model/layout.js'
import { normalizeName } from '../../packaging/name.js'
import { askUpstream } from './upstream-changes.js'
import type { Context } from '../run/context.js'
import { readJournal } from '../state/journal.js'
import { recallJsonApi } from '../project/json-api.js'
import { loadMemory, loadSerials } from '../state/run-notes.js'
import type { Memory } from '../state/run-notes.js'
import { mirroredNames } from '../project/pages.js'
import { filterChanges, makePlan, sinceSerial } from './plan.js'
import type { Changed, SyncPlan } from './types.js'
import { loadState } from '../state/status-files.js'
import type { State } from '../state/status-files.js'

/** What the mirror knows of itself when a run begins. The maps are brought up to date by the run. */
export interface Known {
  readonly state: State
  readonly memory: Memory
  /** what an unfinished run completed: name as upstream spells it -> serial of its pages */
  readonly journal: ReadonlyMap<string, number>
  /** normalized name -> serial of its pages; empty in a run that has nothing to do */
  readonly serials: Map<string, number>
  /** normalized name -> serial that upstream had when it gave nothing of it to mirror */
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
export async function planRun(
  context: Context,
  options: { readonly forceCheck: boolean; readonly readOnly: boolean },
): Promise<PlannedRun> {
  const { storage, config, log, filters } = context
  const startedAt = new Date()
  const memory = await loadMemory(storage)
  const state = await loadState(storage, log, { readOnly: options.readOnly, remembered: memory.stateFiles })
  const journal = state.todo === undefined ? new Map<string, number>() : await readJournal(storage, context.bootId)
  const since = sinceSerial(state, options.forceCheck)
  const edited = filterChanges(filters, memory)
  const elapsed = startedAt.getTime() - (memory.reconciledAt ?? 0)
  // Negative where the clock was wrong: then nobody knows.
  const due = elapsed < 0 || elapsed >= config.reconcileInterval * HOUR_MS
  const filtersChanged = edited.projects || edited.contents
  const wholeList = options.forceCheck || filtersChanged || memory.unsettled || (due && config.apiMethod !== 'xmlrpc')
  context.report.serialBefore = state.status
  log.info(`Syncing with ${context.upstream.url}.`)
  log.info(`Current mirror serial: ${state.status ?? 0}`)
  context.progress.phase('Asking upstream')
  const changed = await askUpstream(context, { since, memory, wholeList })
  const held =
    changed.list === undefined ? undefined : { names: await heldNames(context), ...(await loadNotes(context, journal)) }
  context.progress.phase('Planning')
  const plan = makePlan({
    state,
    finished: new Set(journal.keys()),
    force: options.forceCheck,
    changed,
    held,
    filters,
    filtersChanged,
    contentsChanged: edited.contents,
    thorough: due,
    takenOver: memory.reconciledAt === undefined,
    removes: config.removedProjects !== 'keep',
  })
  log.info(`Trying to reach serial: ${plan.target}`)
  log.info(`${plan.work.size} packages to sync.`)
  // A run that changes nothing needs none of them: on a mirror of all of PyPI they are long.
  const notes = held ?? (plan.writeRoot ? await loadNotes(context, journal) : { absent: new Map(), serials: new Map() })
  const known = { state, memory, journal, absent: notes.absent, serials: notes.serials }
  recallJsonApi(context, memory, plan.work.keys())
  return { known, plan, changed, startedAt, held: held?.names }
}

async function loadNotes({ storage }: Context, journal: Known['journal']): Promise<Pick<Known, 'absent' | 'serials'>> {
  const serials = await loadSerials(storage, LAYOUT.serials)
  for (const [rawName, serial] of journal) if (serial > 0) serials.set(normalizeName(rawName), serial)
  return { serials, absent: await loadSerials(storage, LAYOUT.absent) }
}

/** Normalized names of the projects that the mirror has pages of. */
export async function heldNames(context: Context): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const some of mirroredNames(context.storage, context.config.hashIndex))
    for (const name of some) names.add(name)
  return names
}
