import { counted, countText } from '../../count.js'
import { bytesText, durationText } from '../figures.js'
import type { LogLine } from '../../log/types.js'
import { minuteText } from '../times.js'
import type { PlannedSummary, Summary } from './data.js'

/** Of each kind; all of them are in `--summary-json`. */
const MOST = 50

/** The summary as the log shows it: failures as errors, everything else as information. What was logged is not repeated. */
export function summaryLines(summary: Summary): LogLine[] {
  const info = (text: string): LogLine => ({ level: 'info', text })
  const error = (text: string): LogLine => ({ level: 'error', text })
  const { refused, warnings } = summary
  return [
    info(headline(summary)),
    ...some(
      refused,
      (count) => `${counted(count, 'project or release file', 'projects or release files')} refused`,
    ).map(info),
    ...shortened(summary.failures.map(failureText), 'failed projects').map(error),
    ...(summary.projects.left > 0
      ? [info(`run-for is over: ${counted(summary.projects.left, 'project')} left to the next run`)]
      : []),
    ...summary.refusals.map((refusal) => error(`Refused: ${refusal}`)),
    ...summary.shortcomings.map((shortcoming) => error(`Incomplete: ${shortcoming}`)),
    ...withheldLines(summary).map(info),
    ...serialLines(summary).map(info),
    ...some(warnings.count, (count) => `${counted(count, 'warning')} above`).map(info),
  ]
}

/** What the run did, in one line. */
export function headline(summary: Summary): string {
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

/** A project that is not up to date, why, and since when. */
export function failureText({ project, reason, since, runs }: Summary['failures'][number]): string {
  const age =
    since === undefined
      ? ''
      : ` (failing since ${minuteText(since)}${runs === undefined ? '' : `, ${counted(runs, 'run')}`})`
  return `Not up to date: ${project}: ${reason}${age}`
}

function withheldLines({ withheld: { held = 0, blocked = 0 } }: Summary): string[] {
  const parts = [
    ...some(held, (count) => `${counted(count, 'file')} held back for a time`),
    ...some(blocked, (count) => `${counted(count, 'file')} blocked by advisories`),
  ]
  return parts.length === 0 ? [] : [`Not served: ${parts.join(', ')}`]
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

/** The first of them, and how many more there are. */
export function shortened(lines: readonly string[], what: string): string[] {
  if (lines.length <= MOST) return [...lines]
  return [...lines.slice(0, MOST), `… and ${countText(lines.length - MOST)} more ${what}`]
}
