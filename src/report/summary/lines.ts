import { bytesText, counted, countText, durationText } from '../figures.js'
import type { Summary } from './data.js'

export interface SummaryLine {
  readonly level: 'info' | 'error'
  readonly text: string
}

/** Of each kind; all of them are in `--summary-json`. */
const MOST = 50

/** The summary as the log shows it: failures as errors, everything else as information. */
export function summaryLines(summary: Summary): SummaryLine[] {
  const info = (text: string): SummaryLine => ({ level: 'info', text })
  const error = (text: string): SummaryLine => ({ level: 'error', text })
  return [
    info(headline(summary)),
    ...shortened(
      summary.removals.map(({ project, reason }) => `Removed: ${project}: ${reason}`),
      'removed projects',
    ).map(info),
    ...(summary.refused > 0
      ? [info(`${counted(summary.refused, 'project or release file', 'projects or release files')} refused`)]
      : []),
    ...shortened(summary.failures.map(failureText), 'failed projects').map(error),
    ...summary.refusals.map((refusal) => error(`Refused: ${refusal}`)),
    ...serialLines(summary).map(info),
    ...warningLines(summary).map(info),
  ]
}

function headline({ command, ok, error, seconds, projects, files, requests }: Summary): string {
  const ending = error !== undefined ? 'stopped' : ok ? 'done' : 'done, but not everything'
  const did = [
    `${counted(projects.synced, 'project')} updated`,
    ...(projects.removed > 0 ? [`${countText(projects.removed)} removed`] : []),
    `${counted(files.fetched, 'file')} fetched (${bytesText(files.bytes)})`,
    ...(files.removed > 0 ? [`${counted(files.removed, 'file')} removed`] : []),
    `${counted(requests.sent, 'request')}${requests.repeated > 0 ? ` (${countText(requests.repeated)} repeated)` : ''}`,
  ]
  return `${command} ${ending} after ${durationText(seconds)}: ${did.join(', ')}`
}

function failureText({ project, reason, since, runs }: Summary['failures'][number]): string {
  const age =
    since === undefined ? '' : ` (failing since ${since}${runs === undefined ? '' : `, ${counted(runs, 'run')}`})`
  return `Not up to date: ${project}: ${reason}${age}`
}

function serialLines({ serial }: Summary): string[] {
  if (serial.after === undefined && serial.upstream === undefined) return []
  const now = `serial ${serial.after}`
  const moved = serial.before !== undefined && serial.before !== serial.after ? ` (was ${serial.before})` : ''
  if (serial.after === undefined)
    return [`The mirror has no serial yet: no run has been complete; upstream has ${serial.upstream}`]
  if (serial.behind === undefined) return [`The mirror has ${now}${moved}`]
  const behind =
    serial.behind === 0 ? 'as upstream has' : `${countText(serial.behind)} behind upstream's ${serial.upstream}`
  return [`The mirror has ${now}${moved}, ${behind}`]
}

function warningLines({ warnings }: Summary): string[] {
  if (warnings.count === 0) return []
  const first = warnings.first.slice(0, MOST)
  const more = warnings.count > first.length ? ', the first of them' : ''
  return [`${counted(warnings.count, 'warning')}${more}:`, ...first.map((warning) => `  ${warning}`)]
}

function shortened(lines: readonly string[], what: string): string[] {
  if (lines.length <= MOST) return [...lines]
  return [...lines.slice(0, MOST), `… and ${countText(lines.length - MOST)} more ${what}`]
}
