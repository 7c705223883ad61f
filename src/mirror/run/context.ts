import type { Gate } from '../../attestations/gate.js'
import type { MirrorConfig } from '../../config/types.js'
import type { Filters } from '../../filters/types.js'
import type { Log } from '../../log/types.js'
import type { Storage } from '../../storage/types.js'
import type { HttpClient, Upstream } from '../../upstream/types.js'
import type { ClosureRun } from '../closure/types.js'
import type { FetchThreads } from '../fetch-thread/types.js'
import type { Shape } from '../plan/shape.js'
import type { Owners } from '../project/types.js'
import type { Ledger } from '../state/ledger.js'
import type { BigFiles } from './big-files.js'
import type { DiffFile } from './diff-file.js'
import type { HeldBytes } from './held-bytes.js'
import type { JsonApi } from './json-api.js'
import type { KeyLocks } from './key-locks.js'
import type { Progress } from './progress.js'
import type { Report } from './report.js'

/** What every stage of a run works with; made once in commands/open.ts. */
export interface Context {
  readonly config: MirrorConfig
  readonly storage: Storage
  readonly upstream: Upstream
  readonly http: HttpClient
  readonly filters: Filters
  /** decides by attestations which files are mirrored; undefined where they are not checked */
  readonly attestations: Gate | undefined
  readonly log: Log
  readonly report: Report
  readonly progress: Progress
  readonly diff: DiffFile
  /** the one time of the run: what is due is judged by it */
  readonly startedAt: Date
  /** what the configuration makes of a project */
  readonly shape: Shape
  /** id of the advisories that count in this run; '' for none */
  readonly advisoriesId: string
  /** id of the shape that a project's pages must have; `name`: normalized */
  readonly shapeOf: (name: string) => string
  /** what requirements need; undefined without [closure] */
  readonly closure: ClosureRun | undefined
  /** read when it is first needed: a quiet run never does */
  readonly ledger: () => Promise<Ledger>
  /** which projects' pages name a release file */
  readonly owners: Owners
  /** release files that a project is working on */
  readonly locks: KeyLocks
  /** learnt from upstream's first answers */
  readonly jsonApi: JsonApi
  /** changes with every start of the machine; '' where the system does not tell */
  readonly bootId: string
  /** set when the run is to end: a signal, a full disk, a lost lock */
  readonly signal: AbortSignal
  /** whether `run-for` is over: then no more work begins */
  readonly timeIsUp: () => boolean
  /** keeps projects with large documents from filling the memory */
  readonly heldBytes: HeldBytes
  /** lets large files take their turn */
  readonly bigFiles: BigFiles
  /** other threads for a run with much to fetch; undefined where there can be none */
  readonly fetchThreads: FetchThreads | undefined
}

/** Throws the reason when the run is to end. */
export function throwIfStopped(context: Pick<Context, 'signal'>): void {
  if (!context.signal.aborted) return
  throw context.signal.reason instanceof Error ? context.signal.reason : new Error('the run was stopped')
}

/** Aborts the requests under way when the run ends: nobody needs their answers. */
export function endRequests({ http, fetchThreads }: Pick<Context, 'http' | 'fetchThreads'>, error: unknown): void {
  http.abort(error instanceof Error ? error : new Error(String(error)))
  fetchThreads?.abort()
}
