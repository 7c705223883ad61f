import type { BandwidthLimit } from '../../config/types.js'

/** Unused bandwidth of so many milliseconds may be used at once, so that pauses between requests cost nothing. */
const BURST = 500

/** Bytes a second allowed at this local time; undefined for no limit. */
export function bandwidthAt(limit: BandwidthLimit, time: Date): number | undefined {
  const minute = time.getHours() * 60 + time.getMinutes()
  const holds = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
    from < to ? minute >= from && minute < to : minute >= from || minute < to
  return limit.hours.find(holds)?.rate ?? limit.usual
}

/** A token bucket: all requests of a client take from it what they receive. */
export interface TokenBucket {
  /**
   * Takes bytes that were received.
   * @param now milliseconds of any one clock
   * @returns milliseconds for which the receiver must not read on
   */
  take(bytes: number, now: number): number
}

/** @param rate bytes a second at present; undefined for no limit */
export function createTokenBucket(rate: () => number | undefined): TokenBucket {
  /** when everything that was taken will have been paid for */
  let paid = -Infinity
  return {
    take(bytes, now) {
      const allowed = rate()
      if (allowed === undefined) {
        paid = -Infinity
        return 0
      }
      paid = Math.max(paid, now - BURST) + (bytes / allowed) * 1000
      return Math.max(paid - now, 0)
    },
  }
}
