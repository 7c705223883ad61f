import { setTimeout as delay } from 'node:timers/promises'
import { UpstreamError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { Retryable } from './failure.js'

const BASE_WAIT = 500
const LONGEST_WAIT = 30_000
/** Longer waits than this are not kept to. */
export const LONGEST_RETRY_AFTER = 300_000
// A CDN that still has the page from before: bandersnatch 8.0 asks three times, after 1 and 2 seconds.
const STALE_WAITS: readonly number[] = [1000, 2000]
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

export interface RetryPolicy {
  /** attempts after the first one */
  readonly retries: number
  readonly log: Log
  /** 0 <= x < 1 */
  readonly random: () => number
  /** @param ms milliseconds. Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** milliseconds of a clock that never goes back */
  readonly now: () => number
  /** ends all waiting */
  readonly signal: AbortSignal
}

export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal })
}

/**
 * Milliseconds of a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3), five minutes at most.
 * @param now milliseconds since the epoch
 */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_RETRY_AFTER)
}

/** Whether the client retries an answer with this status: the server says or shows that the failure may pass. */
export function isRetriedStatus(status: number | undefined): boolean {
  return status !== undefined && RETRIED_STATUSES.has(status)
}

/** What an admin can do about a status. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, 'it wants a user name and a password; they stand in the URL of the configuration, https://USER:PASSWORD@HOST'],
  [403, 'access is refused: by a firewall or proxy on the way, or because a password is needed'],
  [407, 'the proxy wants a user name and a password'],
  [429, 'too many requests; this run slows down'],
  [451, 'access is refused for legal reasons'],
  [503, 'the server is overloaded or being repaired; a later run goes on from here'],
])

/** `HTTP status 503 (what it means for an admin)` */
export function statusText(status: number): string {
  const advice = ADVICE.get(status)
  return `HTTP status ${status}${advice === undefined ? '' : ` (${advice})`}`
}

/** The failure that an answer with this status is. */
export function statusFailure(status: number, shown: string, after: string | undefined): Retryable | UpstreamError {
  const error = new UpstreamError('status', `${shown}: ${statusText(status)}`, status)
  return isRetriedStatus(status) ? new Retryable(error, retryAfter(after, Date.now())) : error
}

/** undefined: another attempt will not help */
function retryable(error: unknown): Retryable | undefined {
  if (error instanceof Retryable) return error
  const again = error instanceof UpstreamError && (error.kind === 'content' || error.kind === 'stale')
  return again ? new Retryable(error) : undefined
}

/** undefined: give up */
function waitBefore(failed: Retryable, failures: number, policy: RetryPolicy): number | undefined {
  if (failures > policy.retries) return undefined
  if (failed.error.kind === 'stale') return STALE_WAITS[failures - 1]
  // Full jitter, so that many workers do not come back in step.
  const backoff = policy.random() * Math.min(LONGEST_WAIT, BASE_WAIT * 2 ** failures)
  return Math.max(backoff, failed.wait ?? 0)
}

/** Counts the failures of one call. */
export interface Retrier {
  /**
   * Waits before the next attempt.
   * @param deadline when the call must have ended, as the policy tells time
   * @throws UpstreamError, or what the error is, when another attempt will not help or there are no retries left
   */
  wait(error: unknown, deadline: number): Promise<void>
  /** The attempt got somewhere: failures count from none again. */
  progress(): void
}

export function createRetrier(policy: RetryPolicy): Retrier {
  let failures = 0
  return {
    async wait(error, deadline) {
      const failed = retryable(error)
      if (failed === undefined) throw error
      failures += 1
      const ms = waitBefore(failed, failures, policy)
      if (ms === undefined || policy.now() + ms >= deadline) throw failed.error
      policy.log.debug(`${failed.error.message}; trying again in ${(ms / 1000).toFixed(1)} s`)
      await policy.sleep(ms, policy.signal)
    },
    progress() {
      failures = 0
    },
  }
}
