import type { PlanInput, SyncPlan } from './types.js'
import { createHash } from 'node:crypto'
import { keepsProject } from '../../filters/apply.js'
import type { Filters } from '../../filters/types.js'
import { compare } from './compare.js'
import type { Memory } from '../state/run-notes.js'
import type { State } from '../state/status-files.js'
import { createWorkList } from './work-list.js'

/** Where the run goes on from: the last complete serial, or the one that an unfinished run was heading for. */
export function sinceSerial(state: State, force: boolean): number {
  return force ? 0 : (state.todo?.target ?? state.status ?? 0)
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
