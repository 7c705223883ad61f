import { counted, countText } from '../../count.js'
import { bytesText, durationText } from '../figures.js'
import type { RunRecord } from '../../mirror/state/history.js'
import type { MirrorStatus } from '../../mirror/status.js'
import { escapeHtml } from '../../simple/escape.js'
import { barChart, lineChart } from './charts.js'
import type { Point } from './charts.js'
import { completeAsOf, freeText, isOwing, refusedText, runningText } from './outlook.js'
import { STYLE } from './style.js'
import { ageText, minuteText } from '../times.js'

const MOST_PROJECTS = 25
const MOST_FAILURES = 100
const MOST_RUNS = 15

/** One page with everything in it: no scripts, nothing from elsewhere. `now`: milliseconds since the epoch. */
export function statusHtml(status: MirrorStatus, now: number): string {
  const title = `Mirror of ${status.upstream}`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="note">${escapeHtml(status.location)}, ${minuteText(new Date(now).toISOString())}</p>
${verdict(status)}
${[tiles(status), failures(status, now), unknown(status), growth(status, now), lag(status), projects(status), runs(status)].filter((part) => part !== '').join('\n')}
</body>
</html>
`
}

/** What somebody who looks for a second should know. */
function verdict(status: MirrorStatus): string {
  const { serial, behind, history, running } = status
  const problem = problemOf(status)
  const refused = refusedText(history)
  const complete = completeAsOf(history)
  const asOf = complete === undefined ? '' : ` as of ${minuteText(complete)}`
  const level = behind === undefined || behind === 0 ? '' : `, ${counted(behind, 'serial')} behind upstream`
  const verdictText = problem ?? `Complete${asOf} (serial ${serial})${level}.`
  return [
    `<p class="verdict${problem === undefined ? '' : ' failing'}">${escapeHtml(verdictText)}</p>`,
    ...(problem === undefined || asOf === '' ? [] : [`<p>Complete${escapeHtml(asOf)}.</p>`]),
    ...(refused === undefined ? [] : [`<p class="failing">Refused: ${escapeHtml(refused)}</p>`]),
    ...(running === undefined ? [] : [`<p>At work: ${escapeHtml(runningText(running))}</p>`]),
  ].join('\n')
}

function problemOf(status: MirrorStatus): string | undefined {
  const { failures: failing, owed, serial, history } = status
  if (failing.length > 0) return `Not up to date: ${counted(failing.length, 'project')} failing.`
  if (refusedText(history) !== undefined) return 'Not up to date: a guard keeps projects from being removed.'
  if (isOwing(status)) return `Not up to date: ${counted(owed, 'project')} still to do.`
  if (serial === undefined) return 'No run has been complete yet.'
  const last = history.findLast(({ command }) => command === 'mirror')
  return last?.ok === false ? 'The last run could not do everything.' : undefined
}

function tiles(status: MirrorStatus): string {
  const { bytesFree } = status
  const shown: [string, string][] = [
    ['Projects', countText(status.projects)],
    ['Files', countText(status.files)],
    ['Stored', bytesText(status.bytes)],
    ['Serial', status.serial === undefined ? 'none yet' : String(status.serial)],
    ...(status.behind === undefined ? [] : [['Behind upstream', countText(status.behind)] satisfies [string, string]]),
    ...(bytesFree === undefined ? [] : [['Free', bytesText(bytesFree)] satisfies [string, string]]),
    ...(status.held > 0 ? [['Held back', counted(status.held, 'file')] satisfies [string, string]] : []),
    ...(status.blocked > 0 ? [['Blocked', counted(status.blocked, 'file')] satisfies [string, string]] : []),
    ...(isOwing(status) ? [['Owed', counted(status.owed, 'project')] satisfies [string, string]] : []),
  ]
  return `<dl class="tiles">${shown.map(([name, text]) => `<div><dt>${name}</dt><dd>${escapeHtml(text)}</dd></div>`).join('\n')}</dl>`
}

function failures({ failures: all }: MirrorStatus, now: number): string {
  if (all.length === 0) return ''
  const rows = all
    .slice(0, MOST_FAILURES)
    .map(({ project, since, runs: count, reason }) => [
      project,
      ageText(since, now),
      since.slice(0, 10),
      countText(count),
      reason,
    ])
  return table(`${counted(all.length, 'project')} failing`, ['Project', 'For', 'Since', 'Runs', 'Reason'], rows)
}

function unknown({ unknown: lines }: MirrorStatus): string {
  if (lines.length === 0) return ''
  const rows = lines.slice(0, MOST_FAILURES).map((line) => [line])
  return table(`${counted(lines.length, 'name or version', 'names and versions')} not on upstream`, ['List'], rows)
}

/** Bytes after each run, counted back from what is there now. */
function growth(status: MirrorStatus, now: number): string {
  const { history, bytes } = status
  let stored = bytes
  const points: Point[] = []
  for (const run of [...history].reverse()) {
    points.unshift({ time: Date.parse(run.startedAt), value: stored, bad: false })
    stored = Math.max(0, stored - run.bytes)
  }
  const free = freeText(status, now)
  const drawn = 'Bytes after each run: what is stored now, less what later runs fetched.'
  const caption = free === undefined ? drawn : `${drawn} Space: ${free}.`
  return lineChart({ title: 'Growth', caption, points, format: bytesText })
}

function lag({ history }: MirrorStatus): string {
  const points = history.flatMap(({ startedAt, serial, upstreamSerial, ok }): Point[] => {
    if (upstreamSerial === undefined || serial === undefined) return []
    return [{ time: Date.parse(startedAt), value: Math.max(0, upstreamSerial - serial), bad: !ok }]
  })
  const caption = 'Serials behind upstream after each run; a dot where a run could not do everything.'
  return lineChart({ title: 'Lag', caption, points, format: (value) => countText(Math.round(value)) })
}

function projects({ largest }: MirrorStatus): string {
  if (largest.length === 0) return ''
  const bars = largest.slice(0, MOST_PROJECTS).map(({ name, files, bytes }) => ({
    label: name,
    value: bytes,
    note: `${bytesText(bytes)}, ${counted(files, 'file')}`,
  }))
  return barChart('Largest projects', bars)
}

function runs({ history }: MirrorStatus): string {
  if (history.length === 0) return ''
  const rows = history.slice(-MOST_RUNS).reverse().map(runRow)
  return table('Last runs', ['Began (UTC)', 'Command', 'Took', 'Projects', 'Files', 'Fetched', 'Failed'], rows)
}

function runRow(run: RunRecord): string[] {
  const began = minuteText(new Date(run.startedAt).toISOString()).replace(' UTC', '')
  return [
    began,
    run.command,
    durationText(run.seconds),
    countText(run.synced),
    countText(run.files),
    bytesText(run.bytes),
    countText(run.failures),
  ]
}

function table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('')
  const body = rows.map(
    (row) =>
      `<tr>${row.map((text, at) => `<td data-head="${escapeHtml(heads[at] ?? '')}">${escapeHtml(text)}</td>`).join('')}</tr>`,
  )
  return `<section><h2>${escapeHtml(title)}</h2><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></section>`
}
