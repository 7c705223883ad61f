import { counted, countText } from '../../count.js'
import { bytesText, durationText } from '../figures.js'
import { completeAsOf, freeText, isOwing, refusedText, runningText } from './outlook.js'
import { ageText, agoText, minuteText } from '../times.js'
import type { RunRecord } from '../../mirror/state/history.js'
import type { MirrorStatus, ProjectFailure } from '../../mirror/status.js'

const MOST_FAILURES = 20

/** What a mirror holds, for people. `now`: milliseconds since the epoch. */
export function statusText(status: MirrorStatus, now: number): string {
  const { history, running, owed } = status
  const rows: [string, string][] = [
    ['Mirror', `${status.location} of ${status.upstream}`],
    ['Serial', serialText(status)],
    ['Holds', `${counted(status.projects, 'project')}, ${counted(status.files, 'file')}, ${bytesText(status.bytes)}`],
  ]
  const add = (name: string, text: string | undefined): void => void (text !== undefined && rows.push([name, text]))
  add('Space', freeText(status, now))
  add('At work', running && runningText(running, now))
  if (isOwing(status)) add('Owed', `${counted(owed, 'project')} that the last run did not get done`)
  add('Not served', withheldText(status))
  add('Needed', status.needs && needsText(status.needs))
  add('Refused', refusedText(history))
  const last = history.at(-1)
  add('Last run', last && runText(last, now))
  const complete = completeAsOf(history)
  add('Complete as of', complete && `${minuteText(complete)}, ${agoText(complete, now)}`)
  const lines = rows.map(([name, text]) => `${name.padEnd(16)}${text}`)
  if (status.failures.length > 0) {
    lines.push('', `Failing: ${counted(status.failures.length, 'project')}, the oldest first`)
    lines.push(...status.failures.slice(0, MOST_FAILURES).map((failure) => `  ${failureText(failure, now)}`))
    const more = status.failures.length - MOST_FAILURES
    if (more > 0) lines.push(`  and ${counted(more, 'more project')}; --json lists all of them`)
  }
  if (status.needs !== undefined && status.needs.missing.length > 0) {
    const { missing } = status.needs
    lines.push('', 'Needed, but not upstream')
    lines.push(...missing.slice(0, MOST_FAILURES).map(({ project, reason }) => `  ${project}: ${reason}`))
  }
  if (status.unknown.length > 0) lines.push('', 'Not on upstream', ...status.unknown.map((line) => `  ${line}`))
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

/** `3 files held back, the next until 2026-12-02 14:10 UTC; 1 file blocked by advisories` */
export function withheldText({ held, blocked, nextDue }: MirrorStatus): string | undefined {
  const until = nextDue === undefined ? '' : `, the next until ${minuteText(nextDue)}`
  const parts = [
    ...(held === 0 ? [] : [`${counted(held, 'file')} held back${until}`]),
    ...(blocked === 0 ? [] : [`${counted(blocked, 'file')} blocked by advisories`]),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

function needsText({ projects, missing }: NonNullable<MirrorStatus['needs']>): string {
  const lacking = missing.length === 0 ? '' : `; ${counted(missing.length, 'requirement')} that upstream cannot meet`
  return `${counted(projects, 'project')} by the requirements and lock files${lacking}`
}

function failureText({ project, since, runs, next, reason }: ProjectFailure, now: number): string {
  const later = Date.parse(next) > now ? `, not tried again before ${minuteText(next)}` : ''
  return `${project}, for ${ageText(since, now)} (since ${minuteText(since)}, ${counted(runs, 'run')}${later}): ${reason}`
}

function serialText({ serial, behind, upstreamSerial, owed, failures }: MirrorStatus): string {
  const own = serial === undefined ? 'none: no run has been complete yet' : String(serial)
  if (behind === undefined) return own
  return behind === 0
    ? `${own}, as upstream has${owed + failures.length > 0 ? ', but for what is owed' : ''}`
    : `${own}, ${countText(behind)} behind upstream's ${upstreamSerial}`
}

function runText({ command, startedAt, seconds, ok }: RunRecord, now: number): string {
  return `${command}, ${minuteText(startedAt)} (${agoText(startedAt, now)}), took ${durationText(seconds)}: ${ok ? 'everything done' : 'not everything could be done'}`
}
