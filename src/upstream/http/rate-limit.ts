import { retryAfter } from './retry.js'

/** What a server says of the requests that it will still answer. */
export interface RateLimit {
  readonly remaining: number
  /** milliseconds until there are more */
  readonly resetMs: number
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Larger numbers are seconds since the epoch, as GitHub sends them, and not a wait of thirty years. */
const EPOCH_SECONDS = 1e9

/** A header that is a whole number, possibly with a policy behind it: `0, 100;w=60`. */
function count(value: string | string[] | undefined): number | undefined {
  if (value === undefined) return undefined
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? ''
  const digits = /^(\d{1,15})(?:\.\d+)?(?=$|\s*[,;])/.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const REMAINING = /(?:^|[,;\s])(?:r|remaining)=(\d{1,15})(?=$|[,;\s])/
const RESET = /(?:^|[,;\s])(?:t|reset)=(\d{1,15})(?=$|[,;\s])/

/** A parameter of the combined header: `limit=100, remaining=0, reset=5`, `"default";r=0;t=5`. */
function parameter(header: string | string[] | undefined, pattern: RegExp): number | undefined {
  if (header === undefined) return undefined
  const digits = pattern.exec(Array.isArray(header) ? header.join(', ') : header)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * Reads `RateLimit` (draft-ietf-httpapi-ratelimit-headers-07 and later), `RateLimit-Remaining` with
 * `RateLimit-Reset` (the drafts before) and `X-RateLimit-…`, as PyPI's XML-RPC sends them.
 * @param now milliseconds since the epoch
 * @returns undefined where the headers do not tell both figures
 */
export function parseRateLimit(headers: Headers, now: number): RateLimit | undefined {
  const combined = headers['ratelimit']
  const remaining =
    parameter(combined, REMAINING) ?? count(headers['ratelimit-remaining']) ?? count(headers['x-ratelimit-remaining'])
  if (remaining === undefined) return undefined
  const reset = parameter(combined, RESET) ?? count(headers['ratelimit-reset']) ?? count(headers['x-ratelimit-reset'])
  if (reset === undefined) return undefined
  const resetMs = reset >= EPOCH_SECONDS ? reset * 1000 - now : reset * 1000
  return { remaining, resetMs: Math.max(resetMs, 0) }
}

/**
 * Milliseconds for which a server asks not to be asked: by Retry-After, or by the reset of a limit that is reached.
 * @param now milliseconds since the epoch
 */
export function requestedPause(headers: Headers, now: number): number | undefined {
  const after = headers['retry-after']
  const limit = parseRateLimit(headers, now)
  return (
    retryAfter(Array.isArray(after) ? after[0] : after, now) ?? (limit?.remaining === 0 ? limit.resetMs : undefined)
  )
}
