import type { Context } from './context.js'

const MINUTE_MS = 60_000
const MOST_MINUTES = 5

/** Filters that go by time are only as good as the clock: warns where it differs from that of upstream. */
export function warnOfClock({
  http,
  filters,
  log,
  upstream,
}: Pick<Context, 'http' | 'filters' | 'log' | 'upstream'>): void {
  const { clockOffset } = http
  if (!filters.timed || clockOffset === undefined || Math.abs(clockOffset) <= MOST_MINUTES * MINUTE_MS) return
  const minutes = Math.round(Math.abs(clockOffset) / MINUTE_MS)
  const [way, effect] = clockOffset > 0 ? ['ahead of', 'early'] : ['behind', 'late']
  log.warn(
    `The clock of this machine is ${minutes} minutes ${way} that of ${upstream.url}: what filters hold back appears ` +
      `that much too ${effect}. Set the clock`,
  )
}
