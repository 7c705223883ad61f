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
  const work = createWork(target)
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

interface WorkList {
  /** name as upstream spells it -> serial its metadata must have */
  readonly projects: Map<string, number>
  /** Another spelling of a name is the same project: the newest counts. */
  add(rawName: string, serial: number): void
  drop(rawName: string): void
  /** `name`: normalized */
  spelling(name: string): string | undefined
}

/**
 * On a first run the list is that of all of PyPI: a name that is spelled as normalized is kept once.
 * @param target a higher serial than this can only be a mistake, or newer than all else: it is not insisted on
 */
function createWork(target: number): WorkList {
  const projects = new Map<string, number>()
  const spellings = new Map<string, string>()
  const spelling = (name: string): string | undefined => spellings.get(name) ?? (projects.has(name) ? name : undefined)
  return {
    projects,
    add(rawName, given) {
      const serial = given > target ? 0 : given
      const name = normalizeName(rawName)
      const before = spelling(name)
      if (before !== undefined && (projects.get(before) ?? 0) >= serial) return
      if (before !== undefined && before !== rawName) projects.delete(before)
      if (rawName === name) spellings.delete(name)
      else spellings.set(name, rawName)
      projects.set(rawName, serial)
    },
    drop(rawName) {
      projects.delete(rawName)
      if (spelling(normalizeName(rawName)) === rawName) spellings.delete(normalizeName(rawName))
    },
    spelling,
  }
}

type Comparison = Pick<SyncPlan, 'removals' | 'missing' | 'refiltered' | 'presumedAbsent'>

/** What the whole list says beyond the changes: what was missed, what came into or fell out of the filters or the list. */
function compare({ held, changed, ...input }: PlanInput, work: WorkList): Comparison {
  const removals: Removal[] = []
  const refiltered = new Set<string>()
  const presumedAbsent = new Map<string, number>()
  const { list, wentBack } = changed
  if (held === undefined || list === undefined) return { removals, missing: 0, refiltered, presumedAbsent }
  const presumes = input.takenOver && !input.force && !input.filtersChanged
  const thorough = input.thorough || wentBack
  const { listed, doubled } = normalizedNames(list)
  for (const [rawName, serial] of list.projects) {
    const name = normalizeName(rawName)
    const { keep } = keepsProject(input.filters, rawName)
    const worked = work.spelling(name) !== undefined
    if (keep && !held.names.has(name)) {
      const asked = held.absent.get(name)
      const again = asked === serial ? input.contentsChanged : thorough || input.filtersChanged
      if (!worked && asked === undefined && presumes) presumedAbsent.set(name, serial)
      else if (again) work.add(rawName, serial)
    } else if (keep) {
      const known = doubled.has(name) ? serial : held.serials.get(name)
      if (thorough && list.hasSerials && known !== serial && (known !== undefined || wentBack)) work.add(rawName, serial)
      else if (input.contentsChanged && !worked) {
        work.add(rawName, serial)
        refiltered.add(rawName)
      }
    } else if (!keep && held.names.has(name) && input.filtersChanged && input.removes) {
      removals.push({ project: name, reason: 'the filters no longer want it' })
    }
  }
  for (const name of doubled) {
    const rawName = work.spelling(name)
    // Which of the serials is its own nobody can tell.
    if (rawName !== undefined) work.projects.set(rawName, 0)
  }
  if (changed.tellsAbsence) {
    // The changelog has them, the list no more.
    for (const rawName of [...changed.changes.keys()]) {
      if (!listed.has(normalizeName(rawName)) && input.state.todo?.projects.has(rawName) !== true) work.drop(rawName)
    }
  }
  let missing = 0
  for (const name of input.removes ? held.names : []) {
    // What is asked for anyway says by itself whether it is gone.
    if (listed.has(name) || work.spelling(name) !== undefined) continue
    if (changed.tellsAbsence) removals.push({ project: name, reason: 'upstream no longer lists it' })
    else missing += 1
  }
  return { removals, missing, refiltered, presumedAbsent }
}

/** The names of a list, normalized, and those that it has in several spellings. */
function normalizedNames(list: ProjectList): { readonly listed: Set<string>; readonly doubled: Set<string> } {
  const listed = new Set<string>()
  const doubled = new Set<string>()
  for (const [rawName] of list.projects) {
    const name = normalizeName(rawName)
    if (listed.has(name)) doubled.add(name)
    else listed.add(name)
  }
  for (const rawName of list.unreadable ?? []) listed.add(normalizeName(rawName))
  return { listed, doubled }
}

/** Fingerprints of the filters that choose projects, and of those that choose what of a project is mirrored. */
export function filterFingerprints(filters: Filters): { projectFilters: string; contentFilters: string } {
  const digest = (list: readonly { readonly name: string; readonly settings: unknown }[]): string =>
    createHash('sha256').update(JSON.stringify(list.map(({ name, settings }) => [name, settings]))).digest('hex')
  return { projectFilters: digest(filters.project), contentFilters: digest([...filters.metadata, ...filters.release, ...filters.releaseFile]) }
}

/** Whether the filters differ from those that the mirror was made with; unknown counts as the same. */
export function filterChanges(filters: Filters, memory: Memory): { projects: boolean; contents: boolean } {
  const now = filterFingerprints(filters)
  const differs = (before: string | undefined, after: string): boolean => before !== undefined && before !== after
  return { projects: differs(memory.projectFilters, now.projectFilters), contents: differs(memory.contentFilters, now.contentFilters) }
}
