/** Answers that are looked at: the first ones tell enough. */
const MOST_ANSWERS = 20

/** Compares this machine's clock with what answers say. */
export interface ClockWatch {
  saw(headers: Readonly<Record<string, string | string[] | undefined>>): void
  /** milliseconds by which this clock is ahead of upstream's; undefined where no answer told */
  readonly offset: number | undefined
}

/**
 * A cache may give an old `Date` and no `Age`, so the answer that is nearest to this clock counts.
 * https://www.rfc-editor.org/rfc/rfc9110#name-date https://www.rfc-editor.org/rfc/rfc9111#name-age
 * @param now milliseconds since the epoch
 */
export function createClockWatch(now: () => number): ClockWatch {
  let seen = 0
  let offset: number | undefined
  return {
    saw({ date, age }) {
      if (seen >= MOST_ANSWERS || typeof date !== 'string') return
      seen += 1
      const sent = Date.parse(date)
      if (Number.isNaN(sent)) return
      const kept = typeof age === 'string' && /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0
      const ahead = now() - sent - kept
      if (offset === undefined || Math.abs(ahead) < Math.abs(offset)) offset = ahead
    },
    get offset() {
      return offset
    },
  }
}
