import { counted, countText } from '../../count.js'
import type { RunAtWork } from '../../mirror/at-work.js'
import type { RunRecord } from '../../mirror/state/history.js'
import type { MirrorStatus } from '../../mirror/status.js'
import { bytesText } from '../figures.js'
import { ageText, minuteText } from '../times.js'

/** What the runs so far say about the mirror now, and about the time to come. Times are milliseconds since the epoch. */

const DAY = 24 * 3600 * 1000
/** Growth is that of the last month. */
const LOOKED_BACK = 30 * DAY
/** What lies farther ahead is no warning. */
const FARTHEST = 5 * 365 * DAY

/** When the mirror was last as upstream was: the start of the last `mirror` run that left nothing undone. */
export function completeAsOf(history: readonly RunRecord[]): string | undefined {
  const complete = history.findLast(({ command, ok }) => command === 'mirror' && ok)
  return complete?.startedAt ?? history.findLast(({ command }) => command === 'mirror')?.lastSuccess
}

/** Whether something is owed. What a run at work has not come to yet is owed by nobody. */
export function isOwing({ owed, running }: Pick<MirrorStatus, 'owed' | 'running'>): boolean {
  return owed > 0 && running?.command !== 'mirror'
}

/** Why the last `mirror` run could not remove what it should; undefined where it could. */
export function refusedText(history: readonly RunRecord[]): string | undefined {
  return history.findLast(({ command }) => command === 'mirror')?.refusal
}

/** Bytes a day; undefined where the runs do not tell. The first copy of everything is no growth. */
export function growth(history: readonly RunRecord[], now: number): number | undefined {
  const first = history.findIndex(({ command, ok }) => command === 'mirror' && ok)
  const later = history.slice(first + 1).filter(({ startedAt }) => now - Date.parse(startedAt) <= LOOKED_BACK)
  const [oldest] = later
  if (first < 0 || oldest === undefined) return undefined
  const time = now - Date.parse(oldest.startedAt)
  return time < DAY ? undefined : (later.reduce((sum, { bytes }) => sum + bytes, 0) / time) * DAY
}

/** `1.20 TB free; at 3.40 GB a day full in 350 days (2027-11-10)` */
export function freeText({ bytesFree, history }: MirrorStatus, now: number): string | undefined {
  if (bytesFree === undefined) return undefined
  const free = `${bytesText(bytesFree)} free`
  const rate = growth(history, now)
  const left = rate === undefined || rate <= 0 ? Infinity : (bytesFree / rate) * DAY
  if (left > FARTHEST || rate === undefined) return free
  const date = new Date(now + left).toISOString().slice(0, 10)
  return `${free}; at ${bytesText(rate)} a day full in ${counted(Math.floor(left / DAY), 'day')} (${date})`
}

/** `mirror since 2026-11-25 17:00 UTC, 12 of 400 projects done (process 7 on host)`. Without `now` no age is said. */
export function runningText({ command, since, done, total, host, pid }: RunAtWork, now?: number): string {
  const age = now === undefined || since === '' ? '' : ` (for ${ageText(since, now)})`
  const began = since === '' ? '' : ` since ${minuteText(since)}${age}`
  const far =
    done === undefined
      ? ''
      : total === undefined
        ? `, ${counted(done, 'project')} done`
        : `, ${countText(done)} of ${counted(total, 'project')} done`
  return `${command}${began}${far} (process ${pid} on ${host})`
}
