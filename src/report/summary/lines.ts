import { counted, countText } from '../../count.js'
import { bytesText, durationText } from '../figures.js'
import type { PlannedSummary, Summary } from './data.js'

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
    ...(summary.projects.left > 0
      ? [info(`run-for is over: ${counted(summary.projects.left, 'project')} left to the next run`)]
      : []),
    ...summary.refusals.map((refusal) => error(`Refused: ${refusal}`)),
    ...serialLines(summary).map(info),
    ...warningLines(summary).map(info),
  ]
}

function headline(summary: Summary): string {
  const { command, planned, ok, error, seconds } = summary
  const ending = error !== undefined ? 'stopped' : ok ? 'done' : 'done, but not everything'
  const what = planned === undefined ? command : `${command} --dry-run`
  return `${what} ${ending} after ${durationText(seconds)}: ${[...checked(summary), ...done(summary)].join(', ')}`
}

/** What `verify` looked at. */
function checked({ verified }: Summary): string[] {
  if (verified === undefined) return []
  const { projects, files, bytes, pages, documents } = verified
  const parts = [
    `${counted(files, 'file')} of ${bytesText(bytes)}`,
    counted(pages, 'set of pages', 'sets of pages'),
    ...(documents > 0 ? [counted(documents, 'document')] : []),
  ]
  return [`${counted(projects, 'project')} checked (${parts.join(', ')})`]
}

function done(summary: Summary): string[] {
  const { command, planned, verified, projects, files, requests } = summary
  const sent = requestsText(requests)
  const removed = [
    ...some(projects.removed, (count) => `${counted(count, 'project')} removed`),
    ...some(files.removed, (count) => `${counted(count, 'file')} removed`),
  ]
  if (planned !== undefined) return [...plannedParts(planned), sent]
  if (verified !== undefined) {
    const { pages, documents } = verified.repaired
    const repaired = [
      ...some(files.fetched, (count) => `${counted(count, 'file')} fetched (${bytesText(files.bytes)})`),
      ...some(pages, (count) => `${counted(count, 'page')} written anew`),
      ...some(documents, (count) => `${counted(count, 'document')} written anew`),
    ]
    const nothing = repaired.length + removed.length === 0 ? ['nothing to repair'] : []
    return [...nothing, ...repaired, ...removed, sent]
  }
  if (command === 'delete') return [...(removed.length === 0 ? ['nothing removed'] : removed), sent]
  const fetched = `${counted(files.fetched, 'file')} fetched (${bytesText(files.bytes)})`
  return [`${counted(projects.synced, 'project')} updated`, fetched, ...removed, sent]
}

/** Nothing of this was done. */
function plannedParts({ fetch, bytes, pages, projects, remove }: PlannedSummary): string[] {
  const parts = [
    ...some(fetch, (count) => `${counted(count, 'file')} to fetch (${bytesText(bytes)})`),
    ...some(pages, (count) => `${counted(count, 'page or document', 'pages and documents')} to write anew`),
    ...some(projects, (count) => `${counted(count, 'project')} to remove`),
    ...some(remove, (count) => `${counted(count, 'file or directory', 'files and directories')} to remove`),
  ]
  return parts.length === 0 ? ['nothing to do'] : parts
}

function requestsText({ sent, repeated, connections }: Summary['requests']): string {
  const again = repeated > 0 ? ` (${countText(repeated)} repeated)` : ''
  const on = connections > 0 ? ` on ${counted(connections, 'connection')}` : ''
  return `${counted(sent, 'request')}${again}${on}`
}

function some(count: number, text: (count: number) => string): string[] {
  return count > 0 ? [text(count)] : []
}

function failureText({ project, reason, since, runs }: Summary['failures'][number]): string {
  const age =
    since === undefined ? '' : ` (failing since ${since}${runs === undefined ? '' : `, ${counted(runs, 'run')}`})`
  return `Not up to date: ${project}: ${reason}${age}`
}

function serialLines({ serial, failures, refusals }: Summary): string[] {
  if (serial.after === undefined && serial.upstream === undefined) return []
  const now = `serial ${serial.after}`
  const moved = serial.before !== undefined && serial.before !== serial.after ? ` (was ${serial.before})` : ''
  if (serial.after === undefined)
    return [`The mirror has no serial yet: no run has been complete; upstream has ${serial.upstream}`]
  if (serial.behind === undefined) return [`The mirror has ${now}${moved}`]
  const complete = failures.length + refusals.length === 0
  const level = complete ? 'as upstream has' : 'as upstream has, but for what is not up to date'
  const behind = serial.behind === 0 ? level : `${countText(serial.behind)} behind upstream's ${serial.upstream}`
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
