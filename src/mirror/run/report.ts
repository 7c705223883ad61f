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
  /** whose doing it is: the guard allows an admin's own edits more */
  readonly by: 'upstream' | 'admin'
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
}

/** What a run did, counted while it runs; the summary prints it. */
export interface Report {
  projectsSynced: number
  projectsGone: number
  projectsFiltered: number
  filesFetched: number
  bytesFetched: number
  filesRemoved: number
  /** projects and release files from upstream that must not be mirrored */
  refused: number
  /** normalized name of a project -> why release files of it must not be mirrored: their attestations */
  readonly refusedFiles: Map<string, readonly string[]>
  failures: Failure[]
  removals: Removal[]
  /** projects that `run-for` left to the next run */
  projectsLeft: number
  /** what a guard kept from happening, one line each; the run is incomplete */
  refusals: string[]
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
  reasons: ReadonlyMap<string, number>
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
    filesRemoved: 0,
    refused: 0,
    refusedFiles: new Map(),
    failures: [],
    removals: [],
    projectsLeft: 0,
    refusals: [],
    serialBefore: undefined,
    serialAfter: undefined,
    serialUpstream: undefined,
    planned: { fetch: [], removals: [], remove: [], pages: [] },
    verified: { projects: 0, files: 0, bytes: 0, pages: 0, documents: 0 },
    pagesRepaired: 0,
    documentsRepaired: 0,
    reasons: new Map(),
    projectsMirrored: undefined,
  }
}
