import { createHash } from 'node:crypto'
import { keepsProject } from '../../filters/apply.js'
import type { Filters } from '../../filters/types.js'
import type { ProjectList } from '../../upstream/types.js'
import { compare } from './compare.js'
import type { Memory } from '../state/run-notes.js'
import type { Removal } from '../run/report.js'
import type { State } from '../state/status-files.js'
import { createWorkList } from './work-list.js'

/** What upstream said. `list` where the whole list was fetched. */
export interface Changed {
  readonly list: ProjectList | undefined
  /** name as upstream spells it -> serial, of everything that changed after `since` */
  readonly changes: ReadonlyMap<string, number>
  /** everything up to this serial is in `changes` or `list` */
  readonly serial: number
  /** `serial` is lower than upstream's was before: it was restored from a backup and gives the serials in between anew */
  readonly wentBack: boolean
  /** what `list` does not name is gone; an older copy of the list does not tell that */
  readonly tellsAbsence: boolean
}

/** What the mirror holds; only gathered where the plan compares it with the whole list. */
export interface Held {
  /** normalized names that have pages */
  readonly names: ReadonlySet<string>
  /** normalized name -> serial that upstream had when it gave no files for it, or nothing that passes the filters */
  readonly absent: ReadonlyMap<string, number>
  /** normalized name -> serial of its pages, where known */
  readonly serials: ReadonlyMap<string, number>
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
  /** how many mirrored projects are missing in a list that is too old to tell that they are gone */
  readonly missing: number
  /** normalized name -> serial of projects that are taken to be absent without asking: bandersnatch 8.0 left them out */
  readonly presumedAbsent: ReadonlyMap<string, number>
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
  /** the mirror is compared with the list project by project, which finds what a run before this one missed */
  readonly thorough: boolean
  /** the mirror was never compared with a list before: another program decided what is in it */
  readonly takenOver: boolean
  /** `removed-projects` is not `keep` */
  readonly removes: boolean
}

/** Decides what a `mirror` run does. Pure: the same input gives the same plan. */
export function makePlan(input: PlanInput): SyncPlan {
  const { state, force, changed, filters } = input
  const since = sinceSerial(state, force)
  const target = changed.wentBack ? changed.serial : Math.max(since, changed.serial)
  const work = createWorkList(target)
  const owed = force ? undefined : state.todo
  for (const [name, serial] of owed?.projects ?? []) if (!input.finished.has(name)) work.add(name, serial)
  for (const [name, serial] of changed.changes) work.add(name, serial)
  const compared = compare(input, work)
  for (const name of [...work.projects.keys()]) if (!keepsProject(filters, name).keep) work.projects.delete(name)
  const anything = changed.changes.size > 0 || work.projects.size > 0 || compared.removals.length > 0
  return {
    // A resumed run whose list of changes is not empty continues the run before it.
    base: force ? 0 : changed.changes.size > 0 ? since : (state.status ?? 0),
    target,
    work: work.projects,
    ...compared,
    writeRoot: since === 0 || owed !== undefined || anything,
  }
}

/** Fingerprints of the filters that choose projects, and of those that choose what of a project is mirrored. */
export function filterFingerprints(filters: Filters): { projectFilters: string; contentFilters: string } {
  const digest = (list: readonly { readonly name: string; readonly settings: unknown }[]): string =>
    createHash('sha256')
      .update(JSON.stringify(list.map(({ name, settings }) => [name, settings])))
      .digest('hex')
  return {
    projectFilters: digest(filters.project),
    contentFilters: digest([...filters.metadata, ...filters.release, ...filters.releaseFile]),
  }
}

/** Whether the filters differ from those that the mirror was made with; unknown counts as the same. */
export function filterChanges(filters: Filters, memory: Memory): { projects: boolean; contents: boolean } {
  const now = filterFingerprints(filters)
  const differs = (before: string | undefined, after: string): boolean => before !== undefined && before !== after
  return {
    projects: differs(memory.projectFilters, now.projectFilters),
    contents: differs(memory.contentFilters, now.contentFilters),
  }
}
