import type { MirrorConfig } from '../../config/types.js'
import type { Filters } from '../../filters/types.js'
import type { Log } from '../../log/types.js'
import type { Storage } from '../../storage/types.js'
import type { HttpClient, Upstream } from '../../upstream/types.js'
import type { DiffFile } from './diff-file.js'
import type { Helper } from '../fetch-thread/types.js'
import type { JsonApi } from './json-api.js'
import type { Progress } from './progress.js'
import type { Report } from './report.js'

/** What every stage of a run works with; made once in commands/open.ts. */
export interface Context {
  readonly config: MirrorConfig
  readonly storage: Storage
  readonly upstream: Upstream
  readonly http: HttpClient
  readonly filters: Filters
  readonly log: Log
  readonly report: Report
  readonly progress: Progress
  readonly diff: DiffFile
  /** learnt from upstream's first answers */
  readonly jsonApi: JsonApi
  /** changes with every start of the machine; '' where the system does not tell */
  readonly bootId: string
  /** set when the run is to end: a signal, a full disk, a lost lock */
  readonly signal: AbortSignal
  /** another thread for a run with much to fetch; undefined where there can be none */
  readonly helper: Helper | undefined
}

/** Throws the reason when the run is to end. */
export function throwIfStopped(context: Pick<Context, 'signal'>): void {
  if (!context.signal.aborted) return
  throw context.signal.reason instanceof Error ? context.signal.reason : new Error('the run was stopped')
}

/** For what ends the run: requests under way are of no use any more. */
export function endRequests({ http, helper }: Pick<Context, 'http' | 'helper'>, error: unknown): void {
  http.abort(error instanceof Error ? error : new Error(String(error)))
  helper?.abort()
}
