import { availableParallelism } from 'node:os'
import type { MirrorConfig } from '../../config/types.js'
import { StorageError, UpstreamError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import type { FetchThread } from './types.js'
import type { Report } from '../run/report.js'
import type { HttpClientOptions } from '../../upstream/http/client.js'
import type { HttpClient } from '../../upstream/types.js'
import { WorkerEndedError, startWorkerThread, threadScript } from '../../worker-call.js'
import type { WorkerThread } from '../../worker-call.js'
import type { Failed, FetchAnswer, FetchQuestion, ThreadNote, ThreadSetup } from './thread.js'

/** So many projects are work enough to start a thread for. */
const MANY_PROJECTS = 100
/** Little lives long in it: with V8's own choice it would take 30 MB more and no less time. */
const YOUNG_MB = 12

export interface FetchThreadOptions {
  readonly config: MirrorConfig
  readonly http: HttpClient
  readonly httpOptions: Omit<HttpClientOptions, 'log'>
  readonly log: Log
  /** whether lines about single files are wanted */
  readonly verbose: boolean
  readonly report: Report
  /** the script of the thread */
  readonly script?: string
}

/** A thread that fetches files; undefined where there is no second core or connection for it. */
export function createFetchThread(options: FetchThreadOptions): FetchThread | undefined {
  const { config, http, httpOptions, log, report } = options
  const { script = threadScript('./thread.js', import.meta.url) } = options
  const share = Math.floor(config.workers / 2)
  if (share === 0 || availableParallelism() === 1 || !config.releaseFiles) return undefined
  let many = false
  let isClosed = false
  let hasEnded = false
  let thread: WorkerThread<FetchQuestion, FetchAnswer> | undefined

  function start(): WorkerThread<FetchQuestion, FetchAnswer> {
    const setup: ThreadSetup = { config, httpOptions: { ...httpOptions, workers: share }, verbose: options.verbose }
    http.limit(config.workers - share)
    return startWorkerThread<FetchQuestion, FetchAnswer, ThreadNote>(script, {
      options: { workerData: setup, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } },
      onNote: takeNote,
      onEnd: end,
    })
  }

  function takeNote(note: ThreadNote): void {
    if ('line' in note) return log[note.level](note.line)
    count(note.done)
    report.transfers.elsewhere(note.arriving)
  }

  function end(reason: string): void {
    hasEnded = true
    report.transfers.elsewhere({ bytes: 0, longest: undefined })
    if (isClosed) return
    http.limit(config.workers)
    log.warn(`The second thread, which fetches files, failed: ${reason}. The main thread fetches the rest`)
  }

  function count({ files, bytes, counts }: FetchAnswer['done']): void {
    report.filesFetched += files
    report.bytesFetched += bytes
    http.counts.requests += counts.requests
    http.counts.retries += counts.retries
    http.counts.bytes += counts.bytes
  }

  return {
    expect(projects) {
      many = projects >= MANY_PROJECTS
    },
    takes: () => many && !hasEnded && (thread?.pending ?? 0) < share,
    async fetch(owed, { cautious }) {
      thread ??= start()
      const answer = await thread.ask({ owed, cautious }).catch(unlessEnded)
      if (answer === undefined) return undefined
      count(answer.done)
      if ('outcome' in answer) return answer.outcome
      throw failureOf(answer)
    },
    abort: () => thread?.tell('stop'),
    async close() {
      isClosed = true
      await thread?.close()
    },
  }
}

/** The error of the thread, as the run knows it. */
function failureOf({ failure, of }: Failed): Error {
  if (of === 'storage') return new StorageError(failure)
  return of === 'upstream' ? new UpstreamError('out-of-order', failure) : new Error(failure)
}

function unlessEnded(error: unknown): undefined {
  if (!(error instanceof WorkerEndedError)) throw error
}
