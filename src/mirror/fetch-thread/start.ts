import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { MirrorConfig } from '../../config/types.js'
import { StorageError, UpstreamError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import type { FilesOutcome } from '../run/outcome.js'
import type { FetchThread } from './types.js'
import type { Report } from '../run/report.js'
import type { HttpClientOptions } from '../../upstream/http/client.js'
import type { HttpClient } from '../../upstream/types.js'
import type { Failed, FromThread, ThreadSetup, ToThread } from './thread.js'

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
}

interface Waiting {
  resolve(outcome: FilesOutcome): void
  reject(error: Error): void
}

/** A thread that fetches files; undefined where there is no second core or connection for it. */
export function createFetchThread(options: FetchThreadOptions): FetchThread | undefined {
  const { config, http, httpOptions, log, report } = options
  const share = Math.floor(config.workers / 2)
  if (share === 0 || availableParallelism() === 1 || !config.releaseFiles) return undefined
  const waiting = new Map<number, Waiting>()
  let many = false
  let worker: Worker | undefined
  let ended: Error | undefined
  let lastId = 0

  const fail = (error: Error): void => {
    ended = error
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }
  const take = (message: FromThread): void => {
    if ('line' in message) return log[message.level](message.line)
    const { files, bytes, counts } = message.done
    report.filesFetched += files
    report.bytesFetched += bytes
    http.counts.requests += counts.requests
    http.counts.retries += counts.retries
    http.counts.bytes += counts.bytes
    const one = waiting.get(message.id)
    waiting.delete(message.id)
    if ('outcome' in message) one?.resolve(message.outcome)
    else one?.reject(failureOf(message))
  }

  function start(): Worker {
    const setup: ThreadSetup = { config, httpOptions: { ...httpOptions, workers: share }, verbose: options.verbose }
    // The tests run the sources themselves; a thread needs the compiled file.
    const script = fileURLToPath(new URL('./thread.js', import.meta.url)).replace(
      /([\\/])src\1mirror\1/,
      '$1dist$1mirror$1',
    )
    const started = new Worker(script, { workerData: setup, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    started.on('message', take)
    started.on('error', fail)
    started.on('exit', () => fail(new Error('the thread that fetches files ended')))
    http.limit(config.workers - share)
    return started
  }

  return {
    expect(projects) {
      many = projects >= MANY_PROJECTS
    },
    takes: () => many && waiting.size < share,
    fetch(owed, { cautious }) {
      if (ended !== undefined) return Promise.reject(ended)
      worker ??= start()
      lastId += 1
      const id = lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker?.postMessage({ id, owed, cautious } satisfies ToThread)
      })
    },
    abort: () => worker?.postMessage('stop' satisfies ToThread),
    async close() {
      await worker?.terminate()
    },
  }
}

/** The error of the thread, as the run knows it. */
function failureOf({ failure, of }: Failed): Error {
  if (of === 'storage') return new StorageError(failure)
  return of === 'upstream' ? new UpstreamError('out-of-order', failure) : new Error(failure)
}
