import { describe, expect, it } from 'vitest'
import { createConcurrencyController, mostRequests } from '../../src/upstream/http/concurrency.js'
import type { ConcurrencyController, RequestOutcome } from '../../src/upstream/http/concurrency.js'

const AUTO_START = 10
const AUTO_MOST = mostRequests('auto')

/** Milliseconds of simulated time between two looks at the network. */
const TICK = 5

interface Network {
  /** milliseconds until an answer begins, with so many requests under way */
  readonly latency: (underWay: number) => number
  /** bytes of each answer */
  readonly size: number
  /** bytes a millisecond, shared by all answers */
  readonly rate: number
  /** what becomes of a request that is sent while so many others are under way */
  readonly outcome?: (underWay: number, now: number) => RequestOutcome
}

interface Transfer {
  readonly startedAt: number
  readonly answersAt: number
  readonly outcome: RequestOutcome
  left: number
}

interface Run {
  /** simulated milliseconds until all was answered */
  readonly ms: number
  readonly refused: number
  /** the highest number of requests under way */
  readonly peak: number
  /** the limit at each simulated second */
  readonly limits: readonly number[]
  readonly highestLimit: number
}

/** Sends so many requests over a simulated network; those that are refused are sent again. */
function simulate(controller: ConcurrencyController, network: Network, requests: number, pending = Infinity): Run {
  const transfers = new Set<Transfer>()
  const limits: number[] = []
  let [sent, answered, refused, peak, highestLimit, now] = [0, 0, 0, 0, 0, 0]
  for (; answered < requests; now += TICK) {
    if (now > 3_600_000) throw new Error('the simulation does not end')
    highestLimit = Math.max(highestLimit, controller.limit)
    if (now % 1000 === 0) limits.push(controller.limit)
    while (sent - refused < requests && transfers.size < Math.min(controller.limit, pending)) {
      const outcome = network.outcome?.(transfers.size, now) ?? 'answered'
      const answersAt = now + network.latency(transfers.size + 1)
      transfers.add({ startedAt: now, answersAt, outcome, left: network.size })
      controller.started()
      sent += 1
      peak = Math.max(peak, transfers.size)
    }
    const receiving = [...transfers].filter((one) => one.outcome === 'answered' && one.answersAt <= now)
    for (const one of receiving) {
      const bytes = Math.min(one.left, (network.rate * TICK) / receiving.length)
      one.left -= bytes
      controller.received(bytes, now)
    }
    for (const one of [...transfers]) {
      if (one.answersAt > now || (one.outcome === 'answered' && one.left > 0)) continue
      transfers.delete(one)
      if (one.outcome === 'answered') answered += 1
      else refused += 1
      const latency = one.outcome === 'overloaded' ? undefined : one.answersAt - one.startedAt
      controller.ended({ startedAt: one.startedAt, latency, outcome: one.outcome }, now)
    }
  }
  return { ms: now, refused, peak, limits, highestLimit }
}

const auto = (): ConcurrencyController =>
  createConcurrencyController({ start: AUTO_START, most: AUTO_MOST, adaptive: true })
const fixed = (limit: number): ConcurrencyController =>
  createConcurrencyController({ start: limit, most: limit, adaptive: false })
/** What the network would take with the best number under way. */
const best = (network: Network, requests: number, limit: number): number => simulate(fixed(limit), network, requests).ms

const FAR: Network = { latency: () => 40, size: 10_000, rate: 125_000 }

describe('the number of requests under way', () => {
  it('grows to the most allowed, and not above, where a distant server answers all the same', () => {
    const controller = auto()
    const run = simulate(controller, FAR, 9000)
    expect(run.limits[0]).toBe(AUTO_START)
    expect(run.limits[3]).toBe(AUTO_MOST)
    expect(run.peak).toBe(AUTO_MOST)
    expect(run.ms).toBeLessThan(1.25 * best(FAR, 9000, AUTO_MOST))
    expect(run.ms).toBeLessThan(0.3 * best(FAR, 9000, AUTO_START))
  })

  it('grows where answers have no body', () => {
    expect(simulate(auto(), { ...FAR, size: 0 }, 9000).limits[3]).toBe(AUTO_MOST)
  })

  it('is as good as any for files that are larger than the line', () => {
    for (const rate of [2500, 125_000]) {
      const network = { ...FAR, size: 10_000_000, rate }
      expect(simulate(auto(), network, 150).ms).toBeLessThan(1.05 * best(network, 150, AUTO_MOST))
    }
  })

  it('settles below what a server refuses, and few requests are refused', () => {
    const controller = auto()
    const run = simulate(controller, { ...FAR, outcome: (n) => (n >= 20 ? 'slow-down' : 'answered') }, 9000)
    expect(run.refused).toBeGreaterThan(0)
    expect(run.refused).toBeLessThan(11)
    expect(controller.limit).toBeLessThanOrEqual(21)
    expect(controller.limit).toBeGreaterThanOrEqual(15)
    expect(run.ms).toBeLessThan(1.35 * best(FAR, 9000, 20))
  })

  it('tries what was refused less and less often', () => {
    const network: Network = { ...FAR, outcome: (n) => (n >= 20 ? 'slow-down' : 'answered') }
    expect(simulate(auto(), network, 100_000).refused).toBeLessThan(13)
  })

  it('settles at the connections that a server accepts', () => {
    const run = simulate(auto(), { ...FAR, outcome: (n) => (n >= 6 ? 'overloaded' : 'answered') }, 9000)
    expect(run.refused).toBeLessThan(0.02 * 9000)
    expect(Math.max(...run.limits.slice(5))).toBeLessThanOrEqual(7)
    expect(run.ms).toBeLessThan(1.5 * best(FAR, 9000, 6))
  })

  it('stays low where a server becomes slower with load', () => {
    const slower = { ...FAR, latency: (n: number) => 40 * Math.max(1, n / 10) }
    const run = simulate(auto(), slower, 9000)
    const average = run.limits.reduce((sum, limit) => sum + limit, 0) / run.limits.length
    expect(average).toBeLessThan(25)
    expect(run.ms).toBeLessThan(1.15 * best(slower, 9000, 10))
    const collapsing = { ...FAR, latency: (n: number) => 40 * Math.max(1, (n / 10) ** 2) }
    expect(simulate(auto(), collapsing, 9000).ms).toBeLessThan(1.3 * best(collapsing, 9000, 10))
  })

  it('does not grow while fewer requests are wanted than allowed', () => {
    const controller = auto()
    expect(simulate(controller, FAR, 2000, 5).highestLimit).toBe(AUTO_START)
  })

  it('is found again after an upstream that broke connections has recovered', () => {
    const outcome = (_: number, now: number): RequestOutcome =>
      now > 2000 && now < 4000 && now % 100 < 50 ? 'overloaded' : 'answered'
    const run = simulate(auto(), { ...FAR, outcome }, 60_000)
    expect(Math.min(...run.limits.slice(2, 5))).toBeLessThan(AUTO_START)
    expect(run.limits.slice(-5)).toEqual([AUTO_MOST, AUTO_MOST, AUTO_MOST, AUTO_MOST, AUTO_MOST])
  })

  it('is never below one', () => {
    const controller = auto()
    for (let at = 0; at < 100; at += 1) {
      controller.started()
      controller.ended({ startedAt: at * 100, latency: 1, outcome: 'slow-down' }, at * 100 + 50)
    }
    expect(controller.limit).toBe(1)
  })

  it('falls once for all requests that were under way together', () => {
    const controller = auto()
    for (let at = 0; at < 10; at += 1) controller.started()
    for (let at = 0; at < 10; at += 1) controller.ended({ startedAt: at, latency: 1, outcome: 'slow-down' }, 20 + at)
    expect(controller.limit).toBe(AUTO_START / 2)
  })

  it('can be lowered and raised from outside', () => {
    const controller = auto()
    controller.setMost(4)
    expect(controller.limit).toBe(4)
    const run = simulate(controller, FAR, 1000)
    expect(run.peak).toBe(4)
    const other = fixed(10)
    other.setMost(5)
    expect(other.limit).toBe(5)
    other.setMost(8)
    expect(other.limit).toBe(8)
  })
})

describe('a fixed number of requests under way', () => {
  it('is kept, whatever the throughput', () => {
    const run = simulate(fixed(7), { ...FAR, outcome: (n) => (n >= 6 ? 'overloaded' : 'answered') }, 2000)
    expect(new Set(run.limits)).toEqual(new Set([7]))
  })

  it('is lowered for a while when the server asks to slow down', () => {
    const outcome = (_: number, now: number): RequestOutcome => (now < 50 ? 'slow-down' : 'answered')
    const controller = fixed(10)
    const run = simulate(controller, { ...FAR, outcome }, 20_000)
    expect(run.limits[1]).toBeLessThan(10)
    expect(controller.limit).toBe(10)
  })
})
