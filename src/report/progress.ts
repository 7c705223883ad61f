import type { LogFormat, LogLevel } from '../log/types.js'
import { counted, countText } from '../count.js'
import { bytesText, durationText } from './figures.js'
import type { Screen } from '../log/screen.js'
import { cutToWidth, displayWidth } from './width.js'
import type { Progress } from '../mirror/run/progress.js'

export interface ProgressOptions {
  readonly screen: Screen
  /** see wantsProgress; on what is no terminal nothing is shown anyway */
  readonly enabled: boolean
  /** files fetched and bytes received so far */
  readonly figures: () => { readonly files: number; readonly bytes: number }
  /** milliseconds, for durations only */
  readonly now?: () => number
}

const REDRAW_MS = 200
/** Speed and time left come from what happened in this time. */
const WINDOW_MS = 15_000

interface Sample {
  readonly time: number
  readonly bytes: number
  readonly done: number
}

interface Phase {
  readonly name: string
  readonly total: number | undefined
  done: number
  samples: Sample[]
}

/** Whether the command line and the environment want progress to be shown. https://no-color.org */
export function wantsProgress(
  { progress, level, format }: { readonly progress: boolean; readonly level: LogLevel; readonly format: LogFormat },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const silenced = ['NO_COLOR', 'CI'].some((name) => (env[name] ?? '') !== '')
  return progress && level !== 'quiet' && format === 'text' && !silenced
}

/** One live line below the log: how far the run is. Redrawn a few times a second, however many steps there are. */
export function createProgress({ screen, enabled, figures, now = () => performance.now() }: ProgressOptions): Progress {
  if (!enabled || !screen.terminal) return { phase: () => undefined, step: () => undefined, close: () => undefined }
  let phase: Phase | undefined
  let failed = 0

  const draw = (): void => {
    if (phase === undefined) return
    const time = now()
    const { files, bytes } = figures()
    phase.samples.push({ time, bytes, done: phase.done })
    phase.samples = phase.samples.filter((sample) => time - sample.time <= WINDOW_MS)
    screen.live(progressLine({ ...phase, files, bytes, failed, speed: speed(phase.samples) }, screen.columns()))
  }
  const timer = setInterval(draw, REDRAW_MS)
  timer.unref()

  return {
    phase(name, total) {
      phase = { name, total, done: 0, samples: [] }
    },
    step(outcome) {
      if (phase !== undefined) phase.done += 1
      if (outcome === 'failed') failed += 1
    },
    close() {
      clearInterval(timer)
      phase = undefined
      screen.live('')
    },
  }
}

interface Speed {
  /** a second */
  readonly bytes: number
  readonly steps: number
}

function speed(samples: readonly Sample[]): Speed {
  const [first] = samples
  const last = samples.at(-1)
  const seconds = first === undefined || last === undefined ? 0 : (last.time - first.time) / 1000
  if (first === undefined || last === undefined || seconds < 0.5) return { bytes: 0, steps: 0 }
  return { bytes: (last.bytes - first.bytes) / seconds, steps: (last.done - first.done) / seconds }
}

export interface ProgressFigures {
  readonly name: string
  readonly total: number | undefined
  readonly done: number
  readonly files: number
  readonly bytes: number
  readonly failed: number
  readonly speed: Speed
}

/** What goes first where the terminal is narrow. */
const LEAST_NEEDED = ['files', 'bytes', 'rate', 'left'] as const

/** The line for a terminal of so many columns: at most one less, for some terminals break a line that is full. */
export function progressLine(
  { name, total, done, files, bytes, failed, speed }: ProgressFigures,
  columns: number,
): string {
  const count = total !== undefined ? ` ${countText(done)}/${countText(total)}` : done > 0 ? ` ${countText(done)}` : ''
  const left = total !== undefined && speed.steps > 0 && total > done ? (total - done) / speed.steps : undefined
  const parts = new Map([
    ['phase', name + count],
    ['files', files > 0 ? counted(files, 'file') : ''],
    ['bytes', bytes > 0 ? bytesText(bytes) : ''],
    ['rate', speed.bytes >= 1 ? `${bytesText(speed.bytes)}/s` : ''],
    ['left', left === undefined ? '' : `${durationText(Math.max(1, Math.round(left)))} left`],
    ['failed', failed > 0 ? `${countText(failed)} failed` : ''],
  ])
  const text = (): string => [...parts.values()].filter((part) => part !== '').join(', ')
  for (const part of LEAST_NEEDED) {
    if (displayWidth(text()) < columns) break
    parts.set(part, '')
  }
  return cutToWidth(text(), columns - 1)
}
