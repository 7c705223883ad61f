import { counted, countText } from '../count.js'
import { bytesText, durationText } from './figures.js'
import { cutToWidth, displayWidth } from './width.js'

export interface Speed {
  /** a second */
  readonly bytes: number
  readonly steps: number
}

/** What a run has fetched so far. */
export interface RunFigures {
  readonly files: number
  readonly bytes: number
  /** all that was found missing so far, what was fetched since too */
  readonly filesWanted: number
  readonly bytesWanted: number
  /** the large file that has been under way for longest */
  readonly longest: LongestFile | undefined
}

interface LongestFile {
  readonly filename: string
  readonly size: number
  readonly held: number
  /** since it was begun */
  readonly seconds: number
}

export interface ProgressFigures extends RunFigures {
  readonly name: string
  readonly total: number | undefined
  readonly done: number
  /** projects */
  readonly failed: number
  readonly speed: Speed
}

/** What goes first where the terminal is narrow. */
const LEAST_NEEDED = ['file', 'files', 'bytes', 'rate', 'left'] as const
/** A file is named from here on, and only where so many columns are left for it. */
const NAMED_AFTER_SECONDS = 10
const NAMED_COLUMNS = 24

/** The line for a terminal of so many columns: at most one less, for some terminals break a line that is full. */
export function progressLine(run: ProgressFigures, columns: number): string {
  const { name, total, done, failed, speed } = run
  const count = total !== undefined ? ` ${countText(done)}/${countText(total)}` : done > 0 ? ` ${countText(done)}` : ''
  const left = secondsLeft(run)
  const parts = new Map([
    ['phase', name + count],
    ['files', filesPart(run)],
    ['bytes', bytesPart(run)],
    ['rate', speed.bytes >= 1 ? `${bytesText(speed.bytes)}/s` : ''],
    ['left', left === undefined ? '' : `${durationText(Math.max(1, Math.round(left)))} left`],
    ['file', ''],
    ['failed', failed > 0 ? `${countText(failed)} failed` : ''],
  ])
  const text = (): string => [...parts.values()].filter((part) => part !== '').join(', ')
  const room = (): number => columns - displayWidth(text()) - ', '.length - 1
  // Which file takes so long says more than how many files there are.
  if (isSlow(run) && room() < NAMED_COLUMNS) parts.set('files', '')
  parts.set('file', filePart(run, room()))
  for (const part of LEAST_NEEDED) {
    if (displayWidth(text()) < columns) break
    parts.set(part, '')
  }
  return cutToWidth(text(), columns - 1)
}

function filesPart({ files, filesWanted }: RunFigures): string {
  if (filesWanted > files) return `${countText(files)}/${counted(filesWanted, 'file')}`
  return files > 0 ? counted(files, 'file') : ''
}

function bytesPart({ bytes, bytesWanted }: RunFigures): string {
  if (bytes === 0) return ''
  return bytesWanted > bytes ? `${bytesText(bytes)} of ${bytesText(bytesWanted)}` : bytesText(bytes)
}

function isSlow({ longest }: RunFigures): boolean {
  return longest !== undefined && longest.seconds >= NAMED_AFTER_SECONDS
}

/** The file that takes longest, in so many columns. */
function filePart(run: RunFigures, columns: number): string {
  const { longest } = run
  if (longest === undefined || !isSlow(run) || columns < NAMED_COLUMNS) return ''
  const share = ` ${Math.floor((longest.held / Math.max(1, longest.size)) * 100)}%`
  return cutToWidth(longest.filename, columns - share.length) + share
}

/** By the steps of the last minute; longer where the bytes that are known to be missing take longer. */
function secondsLeft({ total, done, speed, bytes, bytesWanted }: ProgressFigures): number | undefined {
  if (total === undefined || total <= done) return undefined
  const bySteps = speed.steps > 0 ? (total - done) / speed.steps : undefined
  const byBytes = speed.bytes >= 1 && bytesWanted > bytes ? (bytesWanted - bytes) / speed.bytes : undefined
  return bySteps === undefined || byBytes === undefined ? (bySteps ?? byBytes) : Math.max(bySteps, byBytes)
}
