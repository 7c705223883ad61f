import pLimit from 'p-limit'
import { UpstreamError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { createAgent } from './agent.js'
import { fetchDocument } from './document.js'
import type { Attempt } from './document.js'
import { downloadOnce, rangeHeaders, startDownload } from './download.js'
import type { Transport } from './exchange.js'
import { parseUrl } from './failure.js'
import { fetchSmallFile } from './file.js'
import { followRedirects } from './follow.js'
import type { ClientRequest } from './follow.js'
import { createRetrier, sleep } from './retry.js'
import type { Retrier, RetryPolicy } from './retry.js'
import type { GetOptions, HttpClient } from '../types.js'

export interface HttpClientOptions {
  readonly userAgent: string
  /** seconds for connecting, for the first byte of an answer and between two pieces of it */
  readonly timeout: number
  /** seconds for one request with everything it takes: redirects, body, further attempts */
  readonly globalTimeout: number
  /** requests under way at once */
  readonly workers: number
  /** URL of an http, https, socks4, socks4a, socks5 or socks5h proxy, with its credentials */
  readonly proxy?: string | undefined
  /** Whether documents may come over http://. Files may in any case: their digests are checked. */
  readonly allowNonHttps: boolean
  /** certificates (PEM) that are trusted instead of Node's own */
  readonly ca?: string | undefined
  /** attempts after the first one; 4 when absent */
  readonly retries?: number
  readonly log: Log
  /** for tests: 0 <= x < 1 */
  readonly random?: () => number
  /** for tests */
  readonly sleep?: RetryPolicy['sleep']
}

const RETRIES = 4
const MS = 1000

function toUrl(text: string): URL {
  const url = parseUrl(text)
  if (url === undefined)
    throw new UpstreamError('refused', `not a URL: ${text.replace(/\/\/[^/]*@/, '//').slice(0, 200)}`)
  return url
}

/**
 * The client for everything that comes from upstream.
 * @throws ConfigError for a proxy URL that cannot be used
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { timeout, globalTimeout, workers, proxy, allowNonHttps, ca, log } = options
  const agent = createAgent({ workers, timeout: timeout * MS, ca, proxy })
  const counts = { requests: 0, retries: 0, bytes: 0 }
  const transport: Transport = { agent, counts, active: new Set() }
  const gate = pLimit(workers)
  const stop = new AbortController()
  const policy: RetryPolicy = {
    retries: options.retries ?? RETRIES,
    log,
    random: options.random ?? Math.random,
    sleep: options.sleep ?? sleep,
    signal: stop.signal,
  }

  /** Makes attempts until one succeeds. A place at the gate is held during attempts, not in between. */
  async function withRetries<T>(once: (deadline: number, retrier: Retrier) => Promise<T>): Promise<T> {
    const retrier = createRetrier(policy)
    let deadline = Infinity
    for (;;) {
      try {
        return await gate(() => {
          stop.signal.throwIfAborted()
          // Waiting at the gate does not count.
          if (deadline === Infinity) deadline = performance.now() + globalTimeout * MS
          return once(deadline, retrier)
        })
      } catch (error) {
        stop.signal.throwIfAborted()
        await retrier.wait(error, deadline)
        counts.retries += 1
      }
    }
  }

  function attemptOf(request: ClientRequest, deadline: number): Attempt {
    return (onAnswer) => followRedirects(transport, request, onAnswer, deadline)
  }

  const userAgent = { 'user-agent': options.userAgent }
  // RFC 9110, 12.5.3: a file must come as it is, as its size and digest are those of the file.
  const fileHeaders = { ...userAgent, accept: '*/*', 'accept-encoding': 'identity' }

  function documentHeaders(wanted: GetOptions): Record<string, string> {
    return {
      ...userAgent,
      accept: wanted.accept ?? '*/*',
      'accept-encoding': 'gzip, br',
      ...(wanted.ifNoneMatch === undefined ? {} : { 'if-none-match': wanted.ifNoneMatch }),
    }
  }

  return {
    counts,
    async get(text, wanted) {
      const request: ClientRequest = {
        method: 'GET',
        url: toUrl(text),
        headers: documentHeaders(wanted),
        httpsOnly: !allowNonHttps,
      }
      return withRetries((deadline) => fetchDocument(attemptOf(request, deadline), wanted))
    },
    async post(text, body, wanted) {
      const headers = { ...documentHeaders(wanted), 'content-type': wanted.contentType }
      const request: ClientRequest = { method: 'POST', url: toUrl(text), headers, body, httpsOnly: !allowNonHttps }
      return withRetries((deadline) => fetchDocument(attemptOf(request, deadline), wanted))
    },
    async fetchFile(text, wanted) {
      const request: ClientRequest = { method: 'GET', url: toUrl(text), headers: fileHeaders, httpsOnly: false }
      return withRetries((deadline) => fetchSmallFile(attemptOf(request, deadline), wanted))
    },
    async download(text, target, { size }) {
      const url = toUrl(text)
      const state = startDownload(target, size)
      return withRetries((deadline, retrier) => {
        const headers = { ...fileHeaders, ...rangeHeaders(state) }
        const attempt = attemptOf({ method: 'GET', url, headers, httpsOnly: false }, deadline)
        return downloadOnce(attempt, state, () => retrier.progress())
      })
    },
    limit(most) {
      gate.concurrency = most
    },
    abort(reason) {
      if (stop.signal.aborted) return
      stop.abort(reason)
      for (const fail of [...transport.active]) fail(reason)
      void agent.destroy(reason)
    },
    async close() {
      await (stop.signal.aborted ? agent.destroy(new Error('closed')) : agent.close())
      if (!stop.signal.aborted) stop.abort(new Error('the HTTP client is closed'))
    },
  }
}
