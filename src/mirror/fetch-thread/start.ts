import { availableParallelism } from 'node:os'
import type { MirrorConfig } from '../../config/types.js'
import { StorageError, UpstreamError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import type { FetchThreads } from './types.js'
import type { Report } from '../run/report.js'
import type { HttpClientOptions } from '../../upstream/http/client.js'
import { mostRequests, shareOf } from '../../upstream/http/concurrency.js'
import type { HttpClient, Refusal } from '../../upstream/types.js'
import { WorkerEndedError, startWorkerThread, threadScript } from '../../worker-call.js'
import type { WorkerThread } from '../../worker-call.js'
import type {
  Failed,
  FetchAnswer,
  FetchQuestion,
  LogNote,
  MainNote,
  ProgressNote,
  ThreadNote,
  ThreadSetup,
} from './thread.js'

type Thread = WorkerThread<FetchQuestion, FetchAnswer, MainNote>

/** So many projects are work enough for a thread. */
const MANY_PROJECTS = 100
/** One thread makes pages as fast as so many others fetch their files. */
const MOST_THREADS = 4
/** A host that breaks connections so often lets few in: one thread gets along with fewer than several do. */
const BROKEN = { most: 3, withinMs: 60_000 } as const
/** Little lives long in a thread: with V8's own choice it would take 30 MB more and no less time. */
const YOUNG_MB = 12

export interface FetchThreadsOptions {
  readonly config: MirrorConfig
  readonly http: HttpClient
  readonly httpOptions: Omit<HttpClientOptions, 'log'>
  readonly log: Log
  /** whether lines about single files are wanted */
  readonly verbose: boolean
  readonly report: Report
  /** when `run-for` is over */
  readonly end: number
  /** the script of the threads */
  readonly script?: string
  /** cores of the machine, or as many as this process may use */
  readonly cores?: number
}

/** Threads that fetch files; undefined where there is no second core or request for them. */
export function createFetchThreads(options: FetchThreadsOptions): FetchThreads | undefined {
  const { config, http, httpOptions, log, report, cores = availableParallelism() } = options
  const { script = threadScript('./thread.js', import.meta.url) } = options
  const requests = mostRequests(config.maxRequests)
  const possible = Math.min(cores - 1, requests - 1, MOST_THREADS)
  if (possible < 1 || !config.releaseFiles) return undefined
  const threads: Thread[] = []
  /** how many there may be in this run */
  let wanted = 0
  let isClosed = false
  let hasFailed = false
  /** no thread gets any more work */
  let isRetired = false
  let broken: number[] = []

  const share = (): number => shareOf(requests, wanted + 1)

  function start(): Thread {
    const number = threads.length
    const setup: ThreadSetup = {
      config,
      httpOptions: { ...httpOptions, clients: wanted + 1 },
      verbose: options.verbose,
      temporary: `h${number}-`,
      end: options.end,
    }
    const thread = startWorkerThread<FetchQuestion, FetchAnswer, ThreadNote, MainNote>(script, {
      options: { workerData: setup, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } },
      onNote(note) {
        if ('refusal' in note) heed(note.refusal, thread)
        else takeNote(number, note)
      },
      onEnd: (reason) => {
        report.transfers.elsewhere(number, undefined)
        end(thread, reason)
      },
    })
    threads.push(thread)
    return thread
  }

  /** Has all clients but the one that was refused slow down. */
  function heed(refusal: Refusal, refused?: Thread): void {
    if (refused !== undefined) http.heed(refusal)
    for (const thread of threads) if (thread !== refused) thread.tell({ refusal })
    if (refusal.pauseMs > 0) return
    const now = performance.now()
    broken = [...broken.filter((at) => now - at < BROKEN.withinMs), now]
    isRetired ||= threads.length > 0 && broken.length >= BROKEN.most
    for (const thread of threads) void release(thread)
  }

  /** Ends a thread that has nothing to do and gets nothing more. */
  async function release(thread: Thread): Promise<void> {
    if (isRetired && thread.pending === 0) await thread.close()
  }

  function takeNote(thread: number, note: LogNote | ProgressNote): void {
    if ('line' in note) return log[note.level](note.line)
    count(note.done)
    report.transfers.elsewhere(thread, note.arriving)
  }

  /** What it was asked for is fetched by the main thread, and so is all that is left once none lives. */
  function end(thread: Thread, reason: string): void {
    threads.splice(threads.indexOf(thread), 1)
    if (isClosed) return
    if (threads.length === 0) http.share(1)
    if (isRetired) return log.info('The host breaks connections: the main thread fetches the rest of the files alone')
    hasFailed = true
    log.warn(`A thread that fetches files failed: ${reason}. The main thread fetches the rest`)
  }

  function count({ files, bytes, counts }: FetchAnswer['done']): void {
    report.filesFetched += files
    report.bytesFetched += bytes
    http.counts.requests += counts.requests
    http.counts.retries += counts.retries
    http.counts.bytes += counts.bytes
    http.counts.connections += counts.connections
  }

  /** The thread with the least to do; a new one where all have as many projects as requests. */
  function choose(): Thread | undefined {
    const free = threads.filter(({ pending }) => pending < share()).sort((a, b) => a.pending - b.pending)
    if (isRetired) return undefined
    if (free[0] !== undefined || wanted === 0 || hasFailed) return free[0]
    return threads.length < wanted ? start() : undefined
  }

  return {
    expect(projects) {
      wanted = Math.min(possible, Math.floor(projects / MANY_PROJECTS))
      http.share(wanted + 1)
    },
    async fetch(owed, { cautious }) {
      const thread = choose()
      if (thread === undefined) return undefined
      const answer = await thread.ask({ owed, cautious }).catch(unlessEnded)
      if (answer === undefined) return undefined
      count(answer.done)
      await release(thread)
      if ('outcome' in answer) return answer.outcome
      throw failureOf(answer)
    },
    heed,
    abort() {
      for (const thread of threads) thread.tell('stop')
    },
    async close() {
      isClosed = true
      await Promise.all(threads.map((thread) => thread.close()))
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
