import { UpstreamError } from '../../errors.js'
import type { UpstreamErrorKind } from '../../errors.js'
import { evictOldest } from './bounded-map.js'
import type { UpstreamHealth } from '../types.js'

/** The latest URLs of a host that are looked at. */
const WINDOW = 50
/** With fewer, a handful of projects that fail run after run would stop a quiet run. */
const FEWEST = 20
/** Faults at random, even of half of all requests, never fail this often in one and the same way. */
const SHARE = 0.8
/** It must have been so for some time: a server that restarts refuses many connections in a moment. */
const LASTING_MS = 5000
/** Or so many calls failed since: with many requests under way, a server that refuses at once is asked a lot in a moment. */
const LASTING_CALLS = 200
/** An index can name any number of hosts. */
const MOST_ORIGINS = 256
/** By these a server says that it does not have this one thing. */
const ANSWERS: ReadonlySet<number | undefined> = new Set([404, 410])

const REASONS: Readonly<Record<Exclude<UpstreamErrorKind, 'status'>, string>> = {
  connect: 'no connection',
  timeout: 'no answer in time',
  content: 'the answer is not what was asked for',
  'too-large': 'the answer is too large',
  stale: 'the answer is older than announced',
  refused: 'a URL or redirect that must not be followed',
  'out-of-order': 'no more requests are made',
}

const SUCCESS = ''

/** How a request ended, in words. */
function outcomeOf(error: Error): string {
  if (!(error instanceof UpstreamError)) return 'wrong size or digest'
  if (error.kind !== 'status') return REASONS[error.kind]
  return ANSWERS.has(error.status) ? SUCCESS : `HTTP status ${error.status ?? 'unknown'}`
}

/** Whether this error means that the upstream as a whole fails, so that the run should end with exit code 7. */
export function isOutOfOrder(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && error.kind === 'out-of-order'
}

/**
 * Watches how calls end, with their retries. A URL that fails counts once: further calls for a few URLs say nothing
 * about the host.
 */
export interface HealthMonitor {
  /** The worst host of those that were asked. */
  readonly health: UpstreamHealth
  /** @throws UpstreamError 'out-of-order' once a host failed nearly always, and in one way */
  check(): void
  answered(origin: string): void
  failed(origin: string, error: Error): void
  /** An answer that counted as a success turned out to be wrong. `error` undefined: the URL counts as failed already. */
  revoke(origin: string, error: Error | undefined): void
}

/** The most frequent failure of a window. */
function assess(origin: string, outcomes: readonly string[]): UpstreamHealth {
  const counts = new Map<string, number>()
  for (const outcome of outcomes) if (outcome !== SUCCESS) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  let worst: readonly [string | undefined, number] = [undefined, 0]
  for (const entry of counts) if (entry[1] > worst[1]) worst = entry
  return { origin, asked: outcomes.length, failed: worst[1], reason: worst[0] }
}

interface Host {
  /** how the latest calls ended */
  readonly window: string[]
  /** since when nearly all fail in one way */
  badSince: number | undefined
  /** how many calls ended since then */
  badCalls: number
}

/** @param now milliseconds of a clock that never goes back */
export function createHealthMonitor(now: () => number): HealthMonitor {
  const hosts = new Map<string, Host>()
  let stopped: UpstreamHealth | undefined

  const add = (origin: string, outcome: string): void => {
    const host = hosts.get(origin) ?? { window: [], badSince: undefined, badCalls: 0 }
    hosts.set(origin, host)
    evictOldest(hosts, MOST_ORIGINS)
    host.window.push(outcome)
    if (host.window.length > WINDOW) host.window.shift()
    // Nearly all requests succeed, and are not to cost more than this.
    if (outcome === SUCCESS && host.badSince === undefined) return
    const health = assess(origin, host.window)
    const isBad = health.asked >= FEWEST && health.failed >= SHARE * health.asked
    host.badSince = isBad ? (host.badSince ?? now()) : undefined
    host.badCalls = host.badSince === undefined ? 0 : host.badCalls + 1
    if (host.badSince === undefined) return
    if (now() - host.badSince >= LASTING_MS || host.badCalls >= LASTING_CALLS) stopped ??= health
  }

  return {
    get health() {
      if (stopped !== undefined) return stopped
      const all = [...hosts].map(([origin, { window }]) => assess(origin, window))
      return all.reduce((worst, one) => (one.failed > worst.failed ? one : worst), assess('', []))
    },
    check() {
      if (stopped === undefined) return
      const { origin, failed, asked, reason = '' } = stopped
      const figures = `${failed} of the last ${asked} requests failed: ${reason}`
      const message = `${origin} is out of order: ${figures}; this run stops asking`
      throw new UpstreamError('out-of-order', message)
    },
    answered: (origin) => add(origin, SUCCESS),
    failed: (origin, error) => add(origin, outcomeOf(error)),
    revoke(origin, error) {
      const window = hosts.get(origin)?.window ?? []
      const last = window.lastIndexOf(SUCCESS)
      if (last >= 0) window.splice(last, 1)
      if (error !== undefined) add(origin, outcomeOf(error))
    },
  }
}
