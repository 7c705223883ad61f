import { IntegrityError, UpstreamError } from '../../errors.js'
import { evictOldest } from './bounded-map.js'

/**
 * The most requests that one URL may cost in a run, whoever asks for it: the client's own retries, `askAgain` and the
 * run's last rounds share them. Redirects, and breaks of a download that got further than before, are not counted.
 *
 * Eight: of requests that fail at random half of the time, one URL in 256 fails all eight, and the next run heals it.
 * Two calls of RETRIES + 1 requests fit in, so the last rounds of a run can still ask for what failed in an outage.
 */
export const REQUESTS_PER_URL = 8

/** Retries of one call: the client asks four times within some seconds, then the caller goes on with other work. */
export const RETRIES = 3

/**
 * The most retries of a run: so many, and this share of all requests that it made. An upstream that refuses more than
 * three requests in ten over a long time gains nothing by more of them. Each thread of a run has a client,
 * hence such a budget; a URL is asked for by one of them only.
 */
export const RUN_RETRIES = { fixed: 1000, share: 0.3 } as const

/** So many failed URLs are remembered: a few megabytes. Once there are more, nothing is retried in this run. */
const MOST_FAILING = 10_000
/** So many URLs that failed and then answered are remembered, should the answer turn out to be wrong. */
const MOST_RECOVERED = 10_000

/** A request as the budget knows it. Calls of XML-RPC differ in their body only. */
export function budgetKey(url: string, body?: string): string {
  return body === undefined ? url : `${url} ${body}`
}

export interface BudgetOptions {
  readonly requestsPerUrl: number
  /** all requests of the client so far */
  readonly requests: () => number
}

/** Counts the requests of one run that failed, by URL. */
export interface Budget {
  /**
   * Call before each attempt.
   * @returns whether the attempt is a retry: the URL failed and has not answered since
   * @throws UpstreamError, IntegrityError: the URL's last error, when the URL or the run has no requests left for it
   */
  claim(key: string): boolean
  /** The attempt failed with this error. */
  failed(key: string, error: Error): void
  /** The attempt succeeded. */
  succeeded(key: string): void
  /** Whether a URL that failed must not be asked for again. */
  isSpent(key: string): boolean
  /** Whether a request for the URL failed before. */
  hasFailed(key: string): boolean
}

interface Failing {
  readonly requests: number
  readonly error: Error
}

/** The error of the last request, which says how often the URL was asked for. */
function spentError({ requests, error }: Failing, why: string): Error {
  const message = `${error.message} (asked ${requests === 1 ? 'once' : `${requests} times`} in this run${why})`
  if (error instanceof UpstreamError) return new UpstreamError(error.kind, message, error.status, { cause: error })
  return error instanceof IntegrityError ? new IntegrityError(message, { cause: error }) : error
}

export function createBudget({ requestsPerUrl, requests }: BudgetOptions): Budget {
  const failing = new Map<string, Failing>()
  /** URL -> failed requests before it answered; the oldest goes first */
  const recovered = new Map<string, number>()
  let retries = 0

  const runIsSpent = (): boolean =>
    failing.size >= MOST_FAILING || retries >= RUN_RETRIES.fixed + RUN_RETRIES.share * requests()

  return {
    claim(key) {
      const entry = failing.get(key)
      if (entry === undefined) return false
      if (entry.requests >= requestsPerUrl) throw spentError(entry, '')
      if (runIsSpent()) throw spentError(entry, ', which has no retries left')
      retries += 1
      return true
    },
    failed(key, error) {
      const before = failing.get(key)?.requests ?? recovered.get(key) ?? 0
      recovered.delete(key)
      if (failing.size < MOST_FAILING || failing.has(key)) failing.set(key, { requests: before + 1, error })
    },
    succeeded(key) {
      const entry = failing.get(key)
      if (entry === undefined) return
      failing.delete(key)
      recovered.set(key, entry.requests)
      evictOldest(recovered, MOST_RECOVERED)
    },
    isSpent: (key) => runIsSpent() || (failing.get(key)?.requests ?? 0) >= requestsPerUrl,
    hasFailed: (key) => failing.has(key) || recovered.has(key),
  }
}
