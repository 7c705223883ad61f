import type { LedgerEntry } from '../state/ledger-entry.js'

/** Why a run looks at a project. docs/change-detection.md has the table. */
export type Reason =
  'new' | 'changed' | 'due' | 'options' | 'filters' | 'advisories' | 'closure' | 'owed' | 'withdrawn' | 'forced'

/**
 * `ask`: upstream is asked for it. `render`: pages are made again from what is stored, where that suffices. `remove`: its
 * pages go. `forget`: the ledger drops it. `learn`: the ledger takes the serial. `presume`: it is taken to be absent.
 */
export type Act = 'ask' | 'render' | 'remove' | 'forget' | 'learn' | 'presume' | 'nothing'

/** What is known of one project when the run is planned. */
export interface Facts {
  /** the project filters want it */
  readonly wanted: boolean
  /** whether upstream's list has it; undefined where the list is not known or too old to tell */
  readonly listed: boolean | undefined
  /** serial that the changelog or the list gives; 0: it gives none; undefined where they do not name it */
  readonly claimed: number | undefined
  /** serial in `todo`, what an unfinished run has still to do; undefined where it is not in there */
  readonly todo: number | undefined
  /** its line in the ledger */
  readonly entry: LedgerEntry | undefined
  /** id of the shape that it must have now */
  readonly shape: string
  /** whether its pages were made with other filters than today's; false where only options differ */
  readonly filtersDiffer: boolean
}

/** What holds for the whole run. */
export interface Circumstances {
  /** seconds since the epoch */
  readonly now: number
  /** serial up to which everything was done when the run began */
  readonly since: number
  /** `--force-check` */
  readonly forced: boolean
  /** the project filters were edited: what they no longer want is removed. Else `sync` may have brought it. */
  readonly projectsEdited: boolean
  /** `--retry-failed` */
  readonly retryFailed: boolean
  /** each project's serial is compared with the list's, not only looked for something newer */
  readonly thorough: boolean
  /** upstream's serials went back: a lower one is as new as a higher one */
  readonly wentBack: boolean
  /** a run before this one decided by a later time what is young */
  readonly clockWentBack: boolean
  /** upstream's list has serials */
  readonly hasSerials: boolean
  /** a mirror was taken over: up to this serial, a project with pages of unknown serial is up to date; -1 for none */
  readonly learnsUpTo: number
  /** bandersnatch 8.0 made the mirror: up to this serial, a project without pages was left out on purpose; -1 for none */
  readonly presumesUpTo: number
  /** projects are removed at all: `removed-projects` is not `keep` */
  readonly removes: boolean
  /** [closure]: what the requirements need is known only in part, so nothing goes because it is not needed */
  readonly undecided: boolean
}

export interface Verdict {
  readonly act: Act
  readonly reason?: Reason
}
