import { counted } from '../count.js'
import { durationText } from './figures.js'

/** Points in time as people read them. */

/** `2026-11-25 17:00 UTC`. `time`: ISO 8601, in UTC; anything else stays as it is. */
export function minuteText(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, '$1 $2 UTC')
}

/** `2026-11-25 17:00 UTC`. `seconds`: since the epoch */
export function secondsText(seconds: number): string {
  return minuteText(new Date(seconds * 1000).toISOString())
}

/** `2026-12-02 14:10 UTC`, rounded up to the minute. `time`: milliseconds since the epoch */
export function untilText(time: number): string {
  return minuteText(new Date(Math.ceil(time / 60_000) * 60_000).toISOString())
}

/** `2 h 5 min ago`. `time`: ISO 8601; `now`: milliseconds since the epoch */
export function agoText(time: string, now: number): string {
  return `${durationText(Math.max(0, Math.round((now - Date.parse(time)) / 1000)))} ago`
}

const AGES = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** `9 days`, `1 hour`, `less than a minute`: whole units only. `time`: ISO 8601; `now`: milliseconds since the epoch */
export function ageText(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000
  const [size, unit] = AGES.find(([length]) => seconds >= length) ?? [1, '']
  return unit === '' ? 'less than a minute' : counted(Math.floor(seconds / size), unit)
}
