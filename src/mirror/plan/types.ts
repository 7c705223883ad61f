import type { Filters } from '../../filters/types.js'
import type { ProjectList } from '../../upstream/types.js'
import type { Removal } from '../run/report.js'
import type { State } from '../state/status-files.js'

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
