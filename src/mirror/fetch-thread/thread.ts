import { parentPort, workerData } from 'node:worker_threads'
import { hostFacts } from '../../config/host.js'
import type { MirrorConfig } from '../../config/types.js'
import { StorageError, errorText } from '../../errors.js'
import { fetchOwed } from '../project/fetch-files.js'
import type { FilesContext } from '../project/fetch-files.js'
import type { FilesOutcome, OwedFile } from '../run/outcome.js'
import { createReport } from '../run/report.js'
import { createFilesystemStorage } from '../../storage/filesystem/filesystem.js'
import { createHttpClient } from '../../upstream/http/client.js'
import { isOutOfOrder } from '../../upstream/http/health.js'
import type { HttpClientOptions } from '../../upstream/http/client.js'
import type { HttpCounts } from '../../upstream/types.js'

/** What the thread is started with. */
export interface ThreadSetup {
  readonly config: MirrorConfig
  readonly httpOptions: Omit<HttpClientOptions, 'log'>
  readonly verbose: boolean
}

/** Files of a project to fetch, or `stop`: requests under way are of no use any more. */
export type ToThread = { readonly id: number; readonly owed: readonly OwedFile[]; readonly cautious: boolean } | 'stop'

/** What was done since the message before. */
interface Done {
  readonly files: number
  readonly bytes: number
  readonly counts: HttpCounts
}

type Level = 'debug' | 'info' | 'warn' | 'error'
type Answer = { readonly outcome: FilesOutcome } | Failed
/** `of`: the storage failed, the upstream as a whole, or something that nobody expects. */
export interface Failed {
  readonly failure: string
  readonly of: 'storage' | 'upstream' | 'program'
}
export type FromThread =
  { readonly level: Level; readonly line: string } | ({ readonly id: number; readonly done: Done } & Answer)

/** The thread: fetches files as a run does, and tells the thread that started it what it did. */
function startThread({ config, httpOptions, verbose }: ThreadSetup, port: NonNullable<typeof parentPort>): void {
  const tell = (message: FromThread): void => port.postMessage(message)
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
  const stop = new AbortController()
  const http = createHttpClient({ ...httpOptions, log })
  const storage = createFilesystemStorage({
    directory: config.directory,
    managePermissions: config.managePermissions,
    host: hostFacts(),
    temporary: 'h',
    onLockLost: () => undefined,
  })
  const report = createReport()
  const context: FilesContext = { config, storage, http, log, report, signal: stop.signal, fetchThread: undefined }

  function takeDone(): Done {
    const done = { files: report.filesFetched, bytes: report.bytesFetched, counts: { ...http.counts } }
    report.filesFetched = 0
    report.bytesFetched = 0
    Object.assign(http.counts, { requests: 0, retries: 0, bytes: 0 })
    return done
  }

  async function fetchFiles(owed: readonly OwedFile[], cautious: boolean): Promise<Answer> {
    try {
      return { outcome: await fetchOwed(context, owed, { cautious }) }
    } catch (error) {
      const of = error instanceof StorageError ? 'storage' : isOutOfOrder(error) ? 'upstream' : 'program'
      return { failure: errorText(error), of }
    }
  }

  port.on('message', (message: ToThread) => {
    if (message === 'stop') {
      const reason = new Error('the run was stopped')
      stop.abort(reason)
      http.abort(reason)
    } else {
      void fetchFiles(message.owed, message.cautious).then((answer) =>
        tell({ id: message.id, done: takeDone(), ...answer }),
      )
    }
  })
}

if (parentPort !== null) startThread(workerData as ThreadSetup, parentPort)
