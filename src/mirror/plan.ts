import { createHash } from 'node:crypto'
import { keepsProject } from '../filters/apply.js'
import type { Filters } from '../filters/types.js'
import { normalizeName } from '../model/name.js'
import type { ProjectList } from '../upstream/types.js'
import type { Memory } from './memory.js'
import type { Removal } from './report.js'
import type { State } from './state.js'

/** What upstream said. `list` where the whole list was fetched. */
export interface Changed {
  readonly list: ProjectList | undefined
  /** name as upstream spells it -> serial, of everything that changed after `since` */
  readonly changes: ReadonlyMap<string, number>
  /** highest serial that upstream spoke of */
  readonly serial: number
}

/** What the mirror holds; only gathered where the plan compares it with the whole list. */
export interface Held {
  /** normalized names that have pages */
  readonly names: ReadonlySet<string>
  /** normalized name -> serial that upstream had when it gave no files for it, or nothing that passes the filters */
  readonly absent: ReadonlyMap<string, number>
}

/** A run as plain data: what will be done, before anything is. */
export interface SyncPlan {
  /** serial up to which everything was complete when the run began */
  readonly base: number
  /** serial up to which everything will be complete when nothing fails */
  readonly target: number
  /** name as upstream spells it -> serial its metadata must have */
  readonly work: ReadonlyMap<string, number>
  /** those of `work` that did not change upstream: only the filters did, so a stored document serves */
  readonly refiltered: ReadonlySet<string>
  /** normalized names of mirrored projects that should no longer be served */
  readonly removals: readonly Removal[]
  readonly writeRoot: boolean
}

/** Where the run goes on from: the last complete serial, or the one that an unfinished run was heading for. */
export function sinceSerial(state: State, force: boolean): number {
  return force ? 0 : (state.todo?.target ?? state.status ?? 0)
}

export interface PlanInput {
  readonly state: State
  /** names that the unfinished run completed */
  readonly finished: ReadonlySet<string>
  readonly force: boolean
  readonly changed: Changed
  /** undefined when this run does not compare the mirror with the list */
  readonly held: Held | undefined
  readonly filters: Filters
  readonly filtersChanged: boolean
  /** the metadata, release or file filters changed: what is mirrored is filtered again */
  readonly contentsChanged: boolean
  /** projects that upstream listed but had no files for are asked for again */
  readonly askAbsentAgain: boolean
}

/** Decides what a `mirror` run does. Pure: the same input gives the same plan. */
export function makePlan(input: PlanInput): SyncPlan {
  const { state, force, changed, filters } = input
  const since = sinceSerial(state, force)
  const work = new Map<string, number>()
  const owed = force ? undefined : state.todo
  for (const [name, serial] of owed?.projects ?? []) if (!input.finished.has(name)) work.set(name, serial)
  let target = since
  for (const [name, serial] of changed.changes) {
    if (serial > target) target = serial
    work.set(name, serial)
  }
  const removals: Removal[] = []
  const refiltered = new Set<string>()
  if (input.held !== undefined && changed.list !== undefined) {
    compare(input, { held: input.held, list: changed.list, work, removals, refiltered })
  }
  for (const name of [...work.keys()]) if (!keepsProject(filters, name).keep) work.delete(name)
  return {
    // A resumed run whose list of changes is not empty continues the run before it.
    base: force ? 0 : changed.changes.size > 0 ? since : (state.status ?? 0),
    target,
    work,
    refiltered,
    removals,
    writeRoot: since === 0 || owed !== undefined || changed.changes.size > 0 || work.size > 0 || removals.length > 0,
  }
}

interface Comparison {
  readonly held: Held
  readonly list: ProjectList
  readonly work: Map<string, number>
  readonly removals: Removal[]
  readonly refiltered: Set<string>
}

/** What the whole list says beyond the changes: projects that came into or fell out of the filters, or of the list. */
function compare(input: PlanInput, { held, list, work, removals, refiltered }: Comparison): void {
  const listed = new Set<string>()
  for (const [rawName, serial] of list.projects) {
    const name = normalizeName(rawName)
    listed.add(name)
    const passes = keepsProject(input.filters, rawName).keep
    if (!held.names.has(name)) {
      const asked = held.absent.get(name)
      const again = asked === undefined ? input.filtersChanged : asked !== serial || input.askAbsentAgain || input.contentsChanged
      if (passes && again) work.set(rawName, serial)
    } else if (passes && input.contentsChanged && !work.has(rawName)) {
      work.set(rawName, 0)
      refiltered.add(rawName)
    } else if (!passes && input.filtersChanged) removals.push({ project: name, reason: 'the filters no longer want it' })
  }
  for (const name of held.names) if (!listed.has(name)) removals.push({ project: name, reason: 'upstream no longer lists it' })
}

/** Fingerprints of the filters that choose projects, and of those that choose what of a project is mirrored. */
export function filterFingerprints(filters: Filters): { projects: string; contents: string } {
  const digest = (list: readonly { readonly name: string; readonly settings: unknown }[]): string =>
    createHash('sha256').update(JSON.stringify(list.map(({ name, settings }) => [name, settings]))).digest('hex')
  return { projects: digest(filters.project), contents: digest([...filters.metadata, ...filters.release, ...filters.releaseFile]) }
}

/** Whether the filters differ from those that the mirror was made with; unknown counts as the same. */
export function filterChanges(filters: Filters, memory: Memory): { projects: boolean; contents: boolean } {
  const now = filterFingerprints(filters)
  const differs = (before: string | undefined, after: string): boolean => before !== undefined && before !== after
  return { projects: differs(memory.projectFilters, now.projects), contents: differs(memory.contentFilters, now.contents) }
}
