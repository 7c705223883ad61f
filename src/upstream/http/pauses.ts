import { evictOldest } from './bounded-map.js'
import { parseRateLimit, requestedPause } from './rate-limit.js'

/** A server that only says that it is asked too often: each refusal in a row doubles the pause. */
const FIRST_PAUSE = 1000
const LONGEST_OWN_PAUSE = 60_000
/** An answer to a path that has no requests left pauses that path; an index can name any number of paths. */
const MOST_PATHS = 1000
const MOST_HOSTS = 256

export interface Answered {
  readonly url: URL
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** when the request was sent, as `now` tells time */
  readonly sentAt: number
}

/** Times are milliseconds of any one clock. */
export interface PauseClock {
  now(): number
  /** milliseconds since the epoch, for headers with a date */
  epoch(): number
}

/** Knows until when which host must not be asked. */
export interface Pauses {
  /** milliseconds to wait before a request to this URL may be sent; 0 for none */
  before(url: URL): number
  /** Pauses a host for so many milliseconds, because another client was asked to. */
  impose(origin: string, ms: number): void
  /** Notes what an answer says. @returns whether the host asked to slow down */
  note(answer: Answered): boolean
}

interface HostPause {
  readonly until: number
  /** requests sent before this moment belong to the refusals that are known */
  readonly since: number
  readonly refusalsInARow: number
}

/**
 * Pauses all requests to a host that answers 429, or 503 with Retry-After, and those to a path that says by
 * RateLimit headers that it will answer no more requests for now.
 * @param longest milliseconds: no pause is longer
 */
export function createPauses(clock: PauseClock, longest: number): Pauses {
  const hosts = new Map<string, HostPause>()
  const paths = new Map<string, number>()

  const pauseHost = (origin: string, asked: number | undefined, sentAt: number): void => {
    const now = clock.now()
    const known = hosts.get(origin) ?? { until: 0, since: -Infinity, refusalsInARow: 0 }
    // Requests that were under way together are refused together: that is one refusal.
    const isNew = sentAt >= known.since
    const refusalsInARow = known.refusalsInARow + (isNew ? 1 : 0)
    const own = Math.min(FIRST_PAUSE * 2 ** (refusalsInARow - 1), LONGEST_OWN_PAUSE)
    const until = Math.max(known.until, now + Math.min(asked ?? (isNew ? own : 0), longest))
    hosts.set(origin, { until, since: isNew ? now : known.since, refusalsInARow })
    evictOldest(hosts, MOST_HOSTS)
  }

  const pausePath = (path: string, ms: number): void => {
    const now = clock.now()
    // Deleted first, so that the order is that of the latest answers.
    paths.delete(path)
    paths.set(path, now + Math.min(ms, longest))
    evictOldest(paths, MOST_PATHS)
  }

  return {
    before(url) {
      // Nearly always; parts of a URL are put together whenever they are asked for.
      if (hosts.size === 0 && paths.size === 0) return 0
      const until = Math.max(hosts.get(url.origin)?.until ?? 0, paths.get(url.origin + url.pathname) ?? 0)
      return Math.max(until - clock.now(), 0)
    },
    impose: (origin, ms) => pauseHost(origin, ms, clock.now()),
    note({ url, status, headers, sentAt }) {
      const limit = parseRateLimit(headers, clock.epoch())
      if (limit?.remaining === 0) pausePath(url.origin + url.pathname, limit.resetMs)
      const slowsDown = status === 429 || (status === 503 && headers['retry-after'] !== undefined)
      if (slowsDown) pauseHost(url.origin, requestedPause(headers, clock.epoch()), sentAt)
      else if (hosts.size > 0 && status < 400 && sentAt >= (hosts.get(url.origin)?.since ?? Infinity))
        hosts.delete(url.origin)
      return slowsDown
    },
  }
}
