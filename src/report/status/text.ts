import { bytesText, counted, countText, durationText } from '../figures.js'
import type { RunRecord } from '../../mirror/state/history.js'
import type { MirrorStatus } from '../../mirror/status.js'

/** What a mirror holds, for people. `now`: milliseconds since the epoch. */
export function statusText(status: MirrorStatus, now: number): string {
  const rows: [string, string][] = [
    ['Mirror', `${status.location} of ${status.upstream}`],
    ['Serial', serialText(status)],
    ['Holds', `${counted(status.projects, 'project')}, ${counted(status.files, 'file')}, ${bytesText(status.bytes)}`],
  ]
  if (status.owed > 0) rows.push(['Owed', `${counted(status.owed, 'project')} that the last run did not get done`])
  const last = status.history.at(-1)
  if (last !== undefined) rows.push(['Last run', runText(last, now)])
  const success = status.history.findLast(({ command }) => command === 'mirror')?.lastSuccess
  if (success !== undefined) rows.push(['Last success', `${minuteText(success)}, ${agoText(success, now)}`])
  const lines = rows.map(([name, text]) => `${name.padEnd(14)}${text}`)
  if (status.failures.length > 0) {
    lines.push('', `Failing: ${counted(status.failures.length, 'project')}, the oldest first`)
    lines.push(
      ...status.failures
        .slice(0, 20)
        .map(
          ({ project, since, runs, reason }) =>
            `  ${project}, since ${minuteText(since)} (${counted(runs, 'run')}): ${reason}`,
        ),
    )
  }
  if (status.largest.length > 0) {
    lines.push('', 'Largest projects')
    lines.push(
      ...status.largest.map(
        ({ name, files, bytes }) =>
          `  ${bytesText(bytes).padStart(10)} ${counted(files, 'file').padStart(14)}  ${name}`,
      ),
    )
  }
  return lines.join('\n')
}

function serialText({ serial, behind, upstreamSerial }: MirrorStatus): string {
  const own = serial === undefined ? 'none: no run has been complete yet' : String(serial)
  if (behind === undefined) return own
  return behind === 0 ? `${own}, as upstream has` : `${own}, ${countText(behind)} behind upstream's ${upstreamSerial}`
}

function runText({ command, startedAt, seconds, ok }: RunRecord, now: number): string {
  return `${command}, ${minuteText(startedAt)} (${agoText(startedAt, now)}), took ${durationText(seconds)}: ${ok ? 'everything done' : 'not everything could be done'}`
}

/** `time`: ISO 8601, in UTC; anything else stays as it is */
export function minuteText(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/, '$1 $2 UTC')
}

/** `time`: ISO 8601 */
export function agoText(time: string, now: number): string {
  return `${durationText(Math.max(0, Math.round((now - Date.parse(time)) / 1000)))} ago`
}
