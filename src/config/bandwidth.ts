import { parseSize } from '../python/size.js'
import type { BandwidthHours, BandwidthLimit } from './types.js'

/** With less, one piece of an answer takes longer than any timeout. */
const LOWEST_RATE = 1024
const DAY = 24 * 60

/** What is wrong with a value, as the end of a sentence: "must be …". */
export interface BandwidthError {
  readonly error: string
}

function parseRate(text: string): number | undefined {
  // A size in words that Python could not read either is no rate.
  if (!/^\d+(?:\.\d+)?\s*[a-z]*$/i.test(text) || text.length > 40) return undefined
  const bytes = parseSize(text)
  return bytes === undefined || bytes > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(bytes)
}

/** Minutes since midnight; 24:00 is the end of the day. */
function parseTime(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text)
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])]
  const time = hours * 60 + minutes
  return match !== null && minutes < 60 && time <= DAY ? time : undefined
}

/** Hours without midnight in between. */
function spans({ from, to }: BandwidthHours): readonly (readonly [number, number])[] {
  return from < to
    ? [[from, to]]
    : [
        [from, DAY],
        [0, to],
      ]
}

function overlap(one: BandwidthHours, other: BandwidthHours): boolean {
  return spans(one).some(([from, to]) => spans(other).some(([start, end]) => from < end && start < to))
}

/**
 * Parses a limit such as `20M`, or a timetable such as `08:00-18:00 5M, 50M`: entries are separated by commas or line
 * breaks, each a rate in bytes a second (K, M, G are powers of 1024), with the hours that it holds for, in local time.
 * The one entry without hours holds for the rest of the day; without it there is no limit then.
 */
export function parseBandwidthLimit(text: string): BandwidthLimit | BandwidthError {
  const hours: BandwidthHours[] = []
  let usual: number | undefined
  const entries = text.split(/[,\n]/).map((entry) => entry.trim())
  for (const entry of entries.filter((one) => one !== '')) {
    const [, start, end, size = ''] = /^(?:([\d:]+)\s*-\s*([\d:]+)\s+)?(.*)$/.exec(entry) ?? []
    const rate = parseRate(size)
    if (rate === undefined) return { error: `bytes a second such as 20M, or with hours 08:00-18:00 5M, not "${entry}"` }
    if (rate < LOWEST_RATE) return { error: `at least 1K (1024 bytes a second), not "${entry}"` }
    if (start === undefined || end === undefined) {
      if (usual !== undefined) return { error: `one rate for the hours that are not listed, not two ("${entry}")` }
      usual = rate
      continue
    }
    const [from, to] = [parseTime(start), parseTime(end)]
    if (from === undefined || to === undefined || from === to || from === DAY) {
      return { error: `hours such as 08:00-18:00 with different ends, not "${entry}"` }
    }
    const added = { from, to, rate }
    if (hours.some((other) => overlap(other, added))) {
      return { error: `hours that do not overlap, but "${entry}" overlaps hours before it` }
    }
    hours.push(added)
  }
  if (usual === undefined && hours.length === 0) return { error: 'bytes a second such as 20M' }
  return { usual, hours }
}
