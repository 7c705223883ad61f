import { setMaxListeners } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { hostFacts } from '../../config/host.js'
import type { MirrorConfig } from '../../config/types.js'
import { StorageError, errorText } from '../../errors.js'
import { fetchOwed } from '../project/fetch-files.js'
import type { FilesContext } from '../project/fetch-files.js'
import type { FilesOutcome, OwedFile } from '../run/outcome.js'
import { createBigFiles } from '../run/big-files.js'
import { createReport } from '../run/report.js'
import { timeIsUp } from '../run/time-limit.js'
import type { Traffic } from '../run/transfers.js'
import { createFilesystemStorage } from '../../storage/filesystem/filesystem.js'
import { createHttpClient } from '../../upstream/http/client.js'
import { mostRequests, shareOf } from '../../upstream/http/concurrency.js'
import { isOutOfOrder } from '../../upstream/http/health.js'
import type { HttpClientOptions } from '../../upstream/http/client.js'
import type { HttpCounts, Refusal } from '../../upstream/types.js'
import { answerQuestions } from '../../worker-call.js'

/** What the thread is started with. */
export interface ThreadSetup {
  readonly config: MirrorConfig
  readonly httpOptions: Omit<HttpClientOptions, 'log'>
  readonly verbose: boolean
  /** what its temporary files begin with */
  readonly temporary: string
  /** when `run-for` is over */
  readonly end: number
}

/** Files of a project to fetch. */
export interface FetchQuestion {
  readonly owed: readonly OwedFile[]
  readonly cautious: boolean
}

/** What was done since the message before. */
interface Done {
  readonly files: number
  readonly bytes: number
  readonly counts: HttpCounts
}

type Level = 'debug' | 'info' | 'warn' | 'error'
export type FetchAnswer = { readonly done: Done } & ({ readonly outcome: FilesOutcome } | Failed)
/** `of`: the storage failed, the upstream as a whole, or something that nobody expects. */
export interface Failed {
  readonly failure: string
  readonly of: 'storage' | 'upstream' | 'program'
}
/** A line for the log. */
export interface LogNote {
  readonly level: Level
  readonly line: string
}
/** How far it is with the questions that it has. */
export interface ProgressNote {
  readonly done: Done
  readonly arriving: Traffic
}
/** A host wants fewer requests. */
export interface RefusalNote {
  readonly refusal: Refusal
}
export type ThreadNote = LogNote | ProgressNote | RefusalNote
/** What the thread is told without being asked. */
export type MainNote = 'stop' | RefusalNote

const PROGRESS_MS = 500

/** The thread: fetches files as a run does, and tells the thread that started it what it did. */
function startThread(
  { config, httpOptions, verbose, temporary, end: endOfRun }: ThreadSetup,
  port: NonNullable<typeof parentPort>,
): void {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const tell = answerQuestions<FetchQuestion, FetchAnswer, ThreadNote, MainNote>(port, { answer: fetchFiles, onNote })
  const line =
    (level: Level) =>
    (text: string): void =>
      tell({ level, line: text })
  const log = {
    debug: verbose ? line('debug') : () => undefined,
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  }
  const http = createHttpClient({ ...httpOptions, log, onRefusal: (refusal) => tell({ refusal }) })
  const storage = createFilesystemStorage({
    directory: config.directory,
    managePermissions: config.managePermissions,
    host: hostFacts(),
    temporary,
    onLockLost: () => undefined,
  })
  const report = createReport()
  const bigFiles = createBigFiles(shareOf(mostRequests(config.maxRequests), httpOptions.clients ?? 1))
  const context: FilesContext = {
    config,
    storage,
    http,
    log,
    report,
    signal: stop.signal,
    timeIsUp: () => timeIsUp(endOfRun),
    bigFiles,
    fetchThreads: undefined,
  }

  function takeDone(): Done {
    const done = { files: report.filesFetched, bytes: report.bytesFetched, counts: { ...http.counts } }
    report.filesFetched = 0
    report.bytesFetched = 0
    Object.assign(http.counts, { requests: 0, retries: 0, bytes: 0, connections: 0 })
    return done
  }

  async function fetchFiles({ owed, cautious }: FetchQuestion): Promise<FetchAnswer> {
    underWay += 1
    try {
      const outcome = await fetchOwed(context, owed, { cautious })
      return { done: takeDone(), outcome }
    } catch (error) {
      const of = error instanceof StorageError ? 'storage' : isOutOfOrder(error) ? 'upstream' : 'program'
      return { done: takeDone(), failure: errorText(error), of }
    } finally {
      underWay -= 1
      if (underWay === 0) tell({ done: takeDone(), arriving: report.transfers.now() })
    }
  }

  let underWay = 0
  setInterval(() => {
    if (underWay > 0) tell({ done: takeDone(), arriving: report.transfers.now() })
  }, PROGRESS_MS).unref()

  function onNote(note: MainNote): void {
    if (note !== 'stop') return http.heed(note.refusal)
    // Requests under way are of no use any more.
    const reason = new Error('the run was stopped')
    stop.abort(reason)
    http.abort(reason)
  }
}

if (parentPort !== null) startThread(workerData as ThreadSetup, parentPort)
