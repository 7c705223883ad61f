import { createTransfers } from './transfers.js'
import type { Transfers } from './transfers.js'
import { NOTHING_UNKNOWN } from '../../filters/unknown.js'
import type { Unknown } from '../../filters/unknown.js'

/** A project that could not be brought up to date in this run. */
export interface Failure {
  readonly project: string
  readonly reason: string
  /** ISO 8601: when it failed first, and in how many runs since */
  readonly since?: string
  readonly runs?: number
}

/** A project that the run took out of the mirror. */
export interface Removal {
  readonly project: string
  readonly reason: string
  /** whose doing it is: the guard allows an admin's own edits more, and does not look at what advisories block */
  readonly by: 'upstream' | 'admin' | 'advisories'
}

/** A stored file that a dry run of `verify` found missing or wrong. */
export interface PlannedFetch {
  readonly project: string
  readonly path: string
  readonly condition: 'missing' | 'mismatch'
  readonly bytes: number
}

/** What dry runs of `verify` and `delete` would do. */
export interface Planned {
  readonly fetch: PlannedFetch[]
  /** projects that would leave the mirror */
  readonly removals: Removal[]
  /** files and directories that would be removed */
  readonly remove: string[]
  /** pages and documents that would be written anew */
  readonly pages: string[]
}

/** What `verify` looked at. */
export interface Verified {
  projects: number
  files: number
  /** of files, as far as their sizes are known */
  bytes: number
  pages: number
  documents: number
  /** projects that an interrupted `verify` had finished: they are not checked again, and their files do not count */
  finishedBefore: number
}

/** What a run did, counted while it runs; the summary prints it. */
export interface Report {
  projectsSynced: number
  projectsGone: number
  projectsFiltered: number
  filesFetched: number
  bytesFetched: number
  /** files that were found missing so far, those that were fetched since too, and their sizes as far as they are known */
  filesWanted: number
  bytesWanted: number
  readonly transfers: Transfers
  filesRemoved: number
  /** projects and release files from upstream that must not be mirrored */
  refused: number
  /** normalized name of a project -> why release files of it must not be mirrored: their attestations */
  readonly refusedFiles: Map<string, readonly string[]>
  /** `stop-on-error` ended the run before it came to all projects */
  stoppedEarly: boolean
  failures: Failure[]
  removals: Removal[]
  /** projects that `run-for` left to the next run */
  projectsLeft: number
  /** what a guard kept from happening, one line each; the run is incomplete */
  refusals: string[]
  /** projects that a guard kept from being removed */
  removalsRefused: number
  /** why the run is incomplete although no project failed, one line each */
  shortcomings: string[]
  /** files of all projects that filters hold back, and that advisories block, where they were counted */
  held: number | undefined
  blocked: number | undefined
  /** serial that the mirror had before and has after the run */
  serialBefore: number | undefined
  serialAfter: number | undefined
  /** highest serial that upstream spoke of */
  serialUpstream: number | undefined
  planned: Planned
  verified: Verified
  /** pages and documents that `verify` found missing, damaged or stale */
  pagesRepaired: number
  documentsRepaired: number
  /** how many projects the plan looks at, by reason */
  reasons: Readonly<Record<string, number>>
  /** what the lists of the configuration ask for and upstream does not have */
  unknown: Unknown
  /** projects whose versions were compared with the pinned ones: what is missing of each */
  checkedVersions: Map<string, Readonly<Record<string, string>>>
  /** projects that have pages, where they were counted */
  projectsMirrored: number | undefined
}

export function createReport(): Report {
  return {
    projectsSynced: 0,
    projectsGone: 0,
    projectsFiltered: 0,
    filesFetched: 0,
    bytesFetched: 0,
    filesWanted: 0,
    bytesWanted: 0,
    transfers: createTransfers(),
    filesRemoved: 0,
    refused: 0,
    refusedFiles: new Map(),
    stoppedEarly: false,
    failures: [],
    removals: [],
    projectsLeft: 0,
    refusals: [],
    removalsRefused: 0,
    shortcomings: [],
    held: undefined,
    blocked: undefined,
    serialBefore: undefined,
    serialAfter: undefined,
    serialUpstream: undefined,
    planned: { fetch: [], removals: [], remove: [], pages: [] },
    verified: { projects: 0, files: 0, bytes: 0, pages: 0, documents: 0, finishedBefore: 0 },
    pagesRepaired: 0,
    documentsRepaired: 0,
    reasons: {},
    unknown: NOTHING_UNKNOWN,
    checkedVersions: new Map(),
    projectsMirrored: undefined,
  }
}
