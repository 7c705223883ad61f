import { setMaxListeners } from 'node:events'
import { UpstreamError } from '../../errors.js'
import type { BandwidthLimit } from '../../config/types.js'
import type { Log } from '../../log/types.js'
import { createAdmission } from './admission.js'
import { createAgent } from './agent.js'
import { bandwidthAt, createTokenBucket } from './bandwidth.js'
import { REQUESTS_PER_URL, RETRIES, budgetKey, createBudget } from './budget.js'
import { createCaller } from './caller.js'
import { createClockWatch } from './clock.js'
import { createConcurrencyController, mostRequests, shareOf } from './concurrency.js'
import { fetchDocument } from './document.js'
import type { Attempt } from './document.js'
import { downloadOnce, rangeHeaders, startDownload } from './download.js'
import type { Deadline, Transport } from './exchange.js'
import { parseUrl } from './failure.js'
import { fetchSmallFile } from './file.js'
import { followRedirects } from './follow.js'
import type { ClientRequest } from './follow.js'
import { createHealthMonitor } from './health.js'
import { createPauses } from './pauses.js'
import { fetchPart, rangeHeader } from './range.js'
import { LONGEST_RETRY_AFTER, sleep } from './retry.js'
import type { RetryPolicy } from './retry.js'
import { withContact } from './user-agent.js'
import type { GetOptions, HttpClient, Refusal } from '../types.js'

/** Everything but `log` and what is for tests is plain data, which can be sent to another thread. */
export interface HttpClientOptions {
  readonly userAgent: string
  /** a mail address or URL for whoever runs the upstream, added to the User-Agent */
  readonly contact?: string | undefined
  /** seconds for connecting, for the first byte of an answer and between two pieces of it */
  readonly timeout: number
  /** seconds for one request with everything it takes: redirects, body, further attempts */
  readonly globalTimeout: number
  /** requests under way with which 'auto' begins */
  readonly workers: number
  /** requests under way at once to each host: a number, or 'auto' for what the host and the network bear */
  readonly maxRequests: 'auto' | number
  /** how many clients share the requests under way and the bandwidth; 1 when absent */
  readonly clients?: number
  /** for all requests of this client together; no limit when absent */
  readonly bandwidth?: BandwidthLimit | undefined
  /** URL of an http, https, socks4, socks4a, socks5 or socks5h proxy, with its credentials */
  readonly proxy?: string | undefined
  /** Whether documents may come over http://. Files may in any case: their digests are checked. */
  readonly allowNonHttps: boolean
  /** certificates (PEM) that are trusted instead of Node's own */
  readonly ca?: string | undefined
  /** attempts of one call after the first one; RETRIES when absent */
  readonly retries?: number
  /** requests that one URL may cost, by all calls; REQUESTS_PER_URL when absent */
  readonly requestsPerUrl?: number
  readonly log: Log
  /** told when a host asks for fewer requests, as what `heed` of other clients is to be told */
  readonly onRefusal?: (refusal: Refusal) => void
  /** for tests: 0 <= x < 1 */
  readonly random?: () => number
  /** for tests */
  readonly sleep?: RetryPolicy['sleep']
  /** for tests: milliseconds of a clock that never goes back */
  readonly now?: () => number
}

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
  const { timeout, globalTimeout, workers, maxRequests, bandwidth, proxy, allowNonHttps, ca, log } = options
  const userAgent = { 'user-agent': withContact(options.userAgent, options.contact) }
  const adaptive = maxRequests === 'auto'
  const most = mostRequests(maxRequests)
  let clients = options.clients ?? 1
  const counts = { requests: 0, retries: 0, bytes: 0, connections: 0 }
  const onConnect = (): void => void (counts.connections += 1)
  const agent = createAgent({ connections: shareOf(most, clients), timeout: timeout * MS, ca, proxy, onConnect })
  const now = options.now ?? (() => performance.now())
  const transport: Transport = { agent, counts, active: new Set(), now, clock: createClockWatch(Date.now) }
  const stop = new AbortController()
  // Everything that waits listens to it.
  setMaxListeners(0, stop.signal)
  const rate = (): number | undefined => {
    const all = bandwidth === undefined ? undefined : bandwidthAt(bandwidth, new Date())
    return all === undefined ? undefined : all / clients
  }
  const health = createHealthMonitor(now)
  const policy: RetryPolicy = {
    retries: options.retries ?? RETRIES,
    log,
    random: options.random ?? Math.random,
    sleep: options.sleep ?? sleep,
    now,
    signal: stop.signal,
  }
  const admission = createAdmission({
    transport,
    pauses: createPauses({ now, epoch: Date.now }, Math.min(LONGEST_RETRY_AFTER, globalTimeout * MS)),
    bandwidth: createTokenBucket(rate),
    newController: () =>
      createConcurrencyController({
        start: shareOf(adaptive ? workers : most, clients),
        most: shareOf(most, clients),
        clients,
        adaptive,
      }),
    globalTimeout: globalTimeout * MS,
    sleep: policy.sleep,
    signal: stop.signal,
    check: () => health.check(),
    onRefusal: options.onRefusal ?? (() => undefined),
    log,
  })
  const budget = createBudget({
    requestsPerUrl: options.requestsPerUrl ?? REQUESTS_PER_URL,
    requests: () => counts.requests,
  })
  const call = createCaller({ policy, budget, health, counts })

  function attemptOf(request: ClientRequest, deadline: Deadline): Attempt {
    return (onAnswer) => followRedirects((hop, take) => admission.send(hop, take, deadline), request, onAnswer)
  }

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
    get clockOffset() {
      return transport.clock.offset
    },
    get health() {
      return health.health
    },
    async get(text, wanted) {
      const url = toUrl(text)
      const request: ClientRequest = {
        method: 'GET',
        url,
        headers: documentHeaders(wanted),
        httpsOnly: !allowNonHttps,
      }
      return call({ url, key: budgetKey(text) }, ({ deadline }) => fetchDocument(attemptOf(request, deadline), wanted))
    },
    async post(text, body, wanted) {
      const url = toUrl(text)
      const headers = { ...documentHeaders(wanted), 'content-type': wanted.contentType }
      const request: ClientRequest = { method: 'POST', url, headers, body, httpsOnly: !allowNonHttps }
      return call({ url, key: budgetKey(text, body) }, ({ deadline }) =>
        fetchDocument(attemptOf(request, deadline), wanted),
      )
    },
    async fetchFile(text, wanted) {
      const url = toUrl(text)
      const request: ClientRequest = { method: 'GET', url, headers: fileHeaders, httpsOnly: false }
      return call({ url, key: budgetKey(text) }, ({ deadline }) => fetchSmallFile(attemptOf(request, deadline), wanted))
    },
    async fetchRange(text, range) {
      const url = toUrl(text)
      const headers = { ...fileHeaders, range: rangeHeader(range) }
      const request: ClientRequest = { method: 'GET', url, headers, httpsOnly: false }
      return call({ url, key: budgetKey(text) }, ({ deadline }) => fetchPart(attemptOf(request, deadline), range))
    },
    async download(text, target, { size }) {
      const url = toUrl(text)
      const state = startDownload(target, size)
      return call({ url, key: budgetKey(text) }, ({ deadline, progress }) => {
        const headers = { ...fileHeaders, ...rangeHeaders(state) }
        return downloadOnce(attemptOf({ method: 'GET', url, headers, httpsOnly: false }, deadline), state, progress)
      })
    },
    reportWrong(text, error) {
      const key = budgetKey(text)
      health.revoke(toUrl(text).origin, budget.hasFailed(key) ? undefined : error)
      budget.failed(key, error)
    },
    heed: (refusal) => admission.heed(refusal),
    share(others) {
      clients = others
      agent.resize(shareOf(most, clients))
      admission.setMost(shareOf(most, clients))
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
