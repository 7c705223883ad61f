/** The most requests under way to one host with `auto`: more than any browser, fewer than a server notices. */
const AUTO_MOST = 64

/** The most requests under way to one host. */
export function mostRequests(maxRequests: 'auto' | number): number {
  return maxRequests === 'auto' ? AUTO_MOST : maxRequests
}

/** What each of several clients gets, so that together they have no more than `all`. */
export function shareOf(all: number, clients: number): number {
  return Math.max(1, Math.floor(all / clients))
}

/**
 * Added after each measurement while throughput grows. After a refusal the limit is approached in small steps; what was
 * refused some time ago is tried in a step of one, which doubles as long as it goes well.
 */
const STEP = 8
const CAREFUL_STEP = 2
/** Throughput that grew by less than this did not grow. */
const GAIN = 1.05
/** So many measurements without a gain, as one alone can be chance. */
const MOST_STALLS = 3
/** Then the number stays, and is tried again after a while. */
const HOLD = { first: 5000, longest: 60_000 } as const
/** A measurement takes two round trips, and long enough for a few answers. */
const SHORTEST_MEASUREMENT = 100
/** Rising clearly: to more than twice the best, and by more than the noise of a busy machine. */
const LATENCY = { factor: 2, noise: 30 } as const
/** Milliseconds after a refusal in which those of other clients belong to the same. */
const HEED_AFTER = 1000
/** How long a number that was refused is not tried again; each further refusal doubles it. */
const CEILING = { first: 10_000, longest: 300_000 } as const

/**
 * How a request ended: `answered`; `slow-down`: 429, or 503 with Retry-After; `overloaded`: 503 without it, a
 * connection refused, reset or timed out.
 */
export type RequestOutcome = 'answered' | 'slow-down' | 'overloaded'

export interface EndedRequest {
  readonly startedAt: number
  /** milliseconds until the answer began; undefined without an answer */
  readonly latency: number | undefined
  readonly outcome: RequestOutcome
}

/** Decides how many requests to one host may be under way. Times are milliseconds of any one clock. */
export interface ConcurrencyController {
  readonly limit: number
  /** changes the highest limit */
  setMost(most: number): void
  started(): void
  received(bytes: number, now: number): void
  ended(request: EndedRequest, now: number): void
  /** The host refused requests of another client: the limit falls, but not twice for one refusal. */
  heed(now: number): void
}

export interface ConcurrencyOptions {
  readonly start: number
  readonly most: number
  /** of several that share what is allowed: together they go in the steps of one; 1 when absent */
  readonly clients?: number
  /** false: the number is `most`, but for some time after the host asked to slow down */
  readonly adaptive: boolean
}

/** What happened since `since`. */
interface Measurement {
  since: number
  answers: number
  bytes: number
  latencySum: number
  /** of the fastest answer: a busy machine delays some answers, a busy host all of them */
  fastest: number
  /** most requests under way */
  peak: number
}

/** Throughput and the limit it was reached with. */
interface Best {
  readonly answers: number
  readonly bytes: number
  readonly limit: number
}

const NOTHING_MEASURED = { answers: 0, bytes: 0, latencySum: 0, fastest: Infinity, peak: 0 } as const
const NOTHING: Best = { answers: 0, bytes: 0, limit: 1 }

/**
 * Additive increase, multiplicative decrease (as TCP's congestion control, RFC 5681): the limit grows while that
 * brings more answers or bytes a second; it is halved when the host refuses, breaks connections or becomes slow.
 */
export function createConcurrencyController(options: ConcurrencyOptions): ConcurrencyController {
  const { adaptive, clients = 1 } = options
  const steps = { usual: shareOf(STEP, clients), careful: shareOf(CAREFUL_STEP, clients) }
  let most = options.most
  let limit = Math.min(options.start, most)
  let underWay = 0
  let measured: Measurement = { ...NOTHING_MEASURED, since: -Infinity }
  let best = NOTHING
  let stalls = 0
  let hold = { until: -Infinity, ms: HOLD.first as number }
  let lowestLatency = Infinity
  let latency = 0
  let step = steps.usual
  let ceiling = { limit: Infinity, until: -Infinity, ms: CEILING.first as number }
  let decreased = { at: -Infinity, from: Infinity }

  const startMeasuring = (now: number): void => {
    measured = { ...NOTHING_MEASURED, since: now, peak: underWay }
  }

  const increase = (now: number): void => {
    if (now >= ceiling.until && ceiling.limit !== Infinity) {
      ceiling = { ...ceiling, limit: Infinity }
      step = 1
    }
    limit = Math.max(limit, Math.min(limit + step, most, ceiling.limit))
  }

  const decrease = (outcome: RequestOutcome, now: number): void => {
    const again = limit >= decreased.from * 0.75 && limit <= decreased.from
    if (outcome === 'slow-down' || again) {
      const ms = outcome === 'slow-down' ? ceiling.ms : CEILING.first
      ceiling = { limit: Math.max(limit - 1, 1), until: now + ms, ms: Math.min(ms * 2, CEILING.longest) }
    }
    decreased = { at: now, from: limit }
    limit = Math.max(Math.floor(limit / 2), 1)
    step = steps.careful
    best = NOTHING
    stalls = 0
    startMeasuring(now)
  }

  const stay = (now: number): void => {
    limit = Math.min(best.limit, most)
    hold = { until: now + hold.ms, ms: Math.min(hold.ms * 2, HOLD.longest) }
  }

  /** Compares what was measured with the best before. */
  const adapt = (elapsed: number, now: number): void => {
    const current: Best = { answers: measured.answers / elapsed, bytes: measured.bytes / elapsed, limit }
    if (now < hold.until) return
    if (hold.until !== -Infinity) {
      hold = { ...hold, until: -Infinity }
      best = current
      stalls = 0
      lowestLatency = measured.fastest
      return increase(now)
    }
    const gained = current.answers > best.answers * GAIN || current.bytes > best.bytes * GAIN
    if (gained) {
      if (best !== NOTHING) hold = { ...hold, ms: HOLD.first }
      best = current
      stalls = 0
      if (ceiling.limit === Infinity) step = Math.min(step * 2, steps.usual)
    } else {
      stalls += 1
      if (measured.answers > 0 && measured.fastest > lowestLatency * LATENCY.factor + LATENCY.noise)
        return decrease('overloaded', now)
      if (stalls >= MOST_STALLS) return stay(now)
    }
    increase(now)
  }

  const measure = (now: number): void => {
    const elapsed = now - measured.since
    if (measured.since === -Infinity) return startMeasuring(now)
    if (elapsed < Math.max(SHORTEST_MEASUREMENT, 2 * latency) || measured.answers + measured.bytes === 0) return
    if (measured.answers > 0) {
      latency = measured.latencySum / measured.answers
      lowestLatency = Math.min(lowestLatency, measured.fastest)
    }
    if (!adaptive) increase(now)
    // With fewer requests than allowed, the limit is not what decides.
    else if (measured.peak >= limit) adapt(elapsed, now)
    startMeasuring(now)
  }

  return {
    get limit() {
      return limit
    },
    setMost(next) {
      if (!adaptive && limit === most) limit = next
      most = next
      limit = Math.min(limit, most)
    },
    started() {
      underWay += 1
      measured.peak = Math.max(measured.peak, underWay)
    },
    received(bytes, now) {
      measured.bytes += bytes
      measure(now)
    },
    heed(now) {
      if (now - decreased.at >= HEED_AFTER) decrease('overloaded', now)
    },
    ended(request, now) {
      underWay -= 1
      if (request.latency !== undefined) {
        measured.answers += 1
        measured.latencySum += request.latency
        measured.fastest = Math.min(measured.fastest, request.latency)
      }
      const lowers = request.outcome === 'slow-down' || (adaptive && request.outcome === 'overloaded')
      // What was under way when the limit fell tells nothing new.
      if (lowers && request.startedAt >= decreased.at) decrease(request.outcome, now)
      measure(now)
    },
  }
}
