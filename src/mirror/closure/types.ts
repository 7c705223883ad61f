import type { ClosureOptions, Edge, Root } from '../../closure/types.js'
import type { Filters } from '../../filters/types.js'
import type { ClosureSelection } from './selection.js'
import type { LockedPackage } from '../../closure/locks/types.js'

/** What [closure] asks for, read before the run. */
export interface ClosureSetup {
  readonly options: ClosureOptions
  readonly roots: readonly Root[]
  /** what lock files pin, by normalized name */
  readonly locked: ReadonlyMap<string, readonly LockedPackage[]>
  /** a requirement that upstream cannot meet is only warned of */
  readonly toleratesMissing: boolean
  /** one line each */
  readonly warnings: readonly string[]
  /** equal where the same is asked for */
  readonly fingerprint: string
}

/** The closure as a part of a run; made once in commands/open.ts. */
export interface ClosureRun {
  readonly setup: ClosureSetup
  readonly selection: ClosureSelection
  /** the filters beside the closure */
  readonly filters: Filters
}

/** A project that requirements or lock files need. */
export interface PlannedMember {
  /** upstream's serial of the page that this was found out from; 0 where it has none */
  readonly serial: number
  /** names of the files that are wanted */
  readonly files: ReadonlySet<string>
  /** who needs it: requirements of releases, roots and lock files */
  readonly neededBy: readonly Edge[]
}

/** Something that a requirement or a lock file asks for and upstream does not have, for people. */
export interface MissingLine {
  readonly project: string
  readonly reason: string
}

/** What the projects and files are that the mirror wants, as far as it could be found out. */
export interface ClosurePlan {
  readonly members: ReadonlyMap<string, PlannedMember>
  readonly missing: readonly MissingLine[]
  /** what could not be asked; then nothing is removed for the sake of the closure */
  readonly failures: readonly MissingLine[]
  /** when a filter lets through what it holds back now, in milliseconds since the epoch; undefined: never */
  readonly due: number | undefined
}
