import type { LogFormat, LogLevel } from '../log/types.js'
import type { Screen } from '../log/screen.js'
import type { Progress } from '../mirror/run/progress.js'
import type { Report } from '../mirror/run/report.js'
import { progressLine } from './progress-line.js'
import type { RunFigures, Speed } from './progress-line.js'

export interface ProgressOptions {
  readonly screen: Screen
  /** see wantsProgress; on what is no terminal nothing is shown anyway */
  readonly enabled: boolean
  readonly figures: () => RunFigures
  /** milliseconds, for durations only */
  readonly now?: () => number
}

const REDRAW_MS = 200
/** Speed and time left come from what happened in the last minute. */
const WINDOW_MS = 60_000
/** One sample a second is kept: the window has few of them. */
const SAMPLE_MS = 1000

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

/** What a run has fetched so far. Bytes count while they arrive. */
export function figuresOf(report: Report): RunFigures {
  const { bytes, longest } = report.transfers.now()
  return {
    files: report.filesFetched,
    bytes: report.bytesFetched + bytes,
    filesWanted: report.filesWanted,
    bytesWanted: report.bytesWanted,
    longest: longest && { ...longest, seconds: (Date.now() - longest.since) / 1000 },
  }
}

/** One live line below the log: how far the run is. Redrawn a few times a second, however many steps there are. */
export function createProgress({ screen, enabled, figures, now = () => performance.now() }: ProgressOptions): Progress {
  if (!enabled || !screen.terminal) return { phase: () => undefined, step: () => undefined, close: () => undefined }
  let phase: Phase | undefined
  const failed = new Set<string>()

  const draw = (): void => {
    if (phase === undefined) return
    const run = figures()
    const sample = { time: now(), bytes: run.bytes, done: phase.done }
    const speed = speedBetween(phase.samples[0], sample)
    phase.samples = withSample(phase.samples, sample)
    screen.live(progressLine({ ...phase, ...run, failed: failed.size, speed }, screen.columns()))
  }
  const timer = setInterval(draw, REDRAW_MS)
  timer.unref()

  return {
    phase(name, total) {
      phase = { name, total, done: 0, samples: [] }
    },
    step(outcome, project = '') {
      if (phase !== undefined) phase.done += 1
      if (outcome === 'failed') failed.add(project)
      else failed.delete(project)
    },
    close() {
      clearInterval(timer)
      phase = undefined
      screen.live('')
    },
  }
}

function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const last = samples.at(-1)
  const all = last === undefined || sample.time - last.time >= SAMPLE_MS ? [...samples, sample] : samples
  return all.filter(({ time }) => sample.time - time <= WINDOW_MS)
}

/** Bytes of a file that is given up count no more, so there may be fewer than before. */
function speedBetween(first: Sample | undefined, last: Sample): Speed {
  const seconds = first === undefined ? 0 : (last.time - first.time) / 1000
  if (first === undefined || seconds < 0.5) return { bytes: 0, steps: 0 }
  return { bytes: Math.max(0, last.bytes - first.bytes) / seconds, steps: (last.done - first.done) / seconds }
}
