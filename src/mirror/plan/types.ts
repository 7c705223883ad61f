import type { Filters } from '../../filters/types.js'
import type { ProjectList } from '../../upstream/types.js'
import type { Removal } from '../run/report.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import type { Ledger } from '../state/ledger.js'
import type { State } from '../state/status-files.js'
import type { Circumstances, Reason } from './judge.js'

/** A project by both of its names: made once, in the plan. */
export interface ProjectRef {
  /** normalized (PEP 503) */
  readonly name: string
  /** as upstream spells it */
  readonly rawName: string
}

/** What upstream said when it was asked for changes. */
export interface UpstreamChanges {
  /** the list of all projects, where it was fetched */
  readonly list: ProjectList | undefined
  /** name as upstream spells it -> serial, what the changelog says of everything after the serial asked from */
  readonly changelog: ReadonlyMap<string, number>
  /** normalized names that the changelog calls removed or in quarantine */
  readonly removed: ReadonlySet<string>
  /** everything up to this serial is in `changelog` or `list` */
  readonly serial: number
  /** `serial` is lower than upstream's was before, or than the one that the mirror says it has */
  readonly wentBack: boolean
  /** a project that `list` does not name is gone; an older copy of the list does not tell that */
  readonly tellsAbsence: boolean
}

/** One project that a run works on. */
export interface WorkItem extends ProjectRef {
  /** serial that its metadata must have; 0: any */
  readonly serial: number
  readonly reason: Reason
  /** its pages can be made from what is stored, where that suffices */
  readonly render: boolean
  /** upstream's list has it; undefined where the list was not asked */
  readonly listed: boolean | undefined
  /** upstream said that it was removed */
  readonly removed: boolean
  /** its line in the ledger when the run began */
  readonly entry: LedgerEntry | undefined
  /** nobody knows how upstream spells the name: `rawName` is the normalized one */
  readonly isUnspelled?: true
  /** option -> value that its pages were made with; undefined where nobody knows */
  readonly madeWith: Readonly<Record<string, string>> | undefined
}

/** A run as plain data: what will be done, before anything is. */
export interface SyncPlan {
  /** serial up to which everything was complete when the run began */
  readonly base: number
  /** serial up to which everything will be complete when nothing fails */
  readonly target: number
  /** by normalized name */
  readonly work: ReadonlyMap<string, WorkItem>
  /** mirrored projects that should no longer be served */
  readonly removals: readonly Removal[]
  /** how many mirrored projects are missing in a list that is too old to tell that they are gone */
  readonly missing: number
  /** lines that the ledger gets without any work; undefined: it drops the project */
  readonly notes: ReadonlyMap<string, LedgerEntry | undefined>
  /** projects that failed before and are not asked for again yet */
  readonly waiting: ReadonlyMap<string, LedgerEntry>
  readonly writeRoot: boolean
}

export interface PlanInput {
  readonly state: State
  readonly changes: UpstreamChanges
  readonly ledger: Ledger
  readonly filters: Filters
  /** id of the shape that a project must have now */
  readonly shapeOf: (name: string) => string
  /** shapes by id: option -> value */
  readonly shapes: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** whether pages of that shape were made with other filters than today's */
  readonly filtersDiffer: (shape: string) => boolean
  readonly circumstances: Circumstances
  /** serials of the projects that requirements need, by normalized name */
  readonly needed: ReadonlyMap<string, number>
  /** the options that shape the root index were edited */
  readonly rootEdited: boolean
}
