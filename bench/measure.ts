import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'

/** What a command took. CPU and memory are undefined where GNU time is not installed. */
export interface Usage {
  /** seconds */
  readonly wall: number
  /** seconds of all its processes, user and system */
  readonly cpu: number | undefined
  /** bytes, of its largest process */
  readonly rss: number | undefined
  /** the most TCP connections at a time, where they were counted */
  readonly connections?: number
}

export interface Measurement extends Usage {
  /** undefined where the command asks no upstream */
  readonly requests?: number | undefined
  readonly bytes?: number | undefined
}

export interface Command {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** file that takes what the command prints */
  readonly log: string
}

const TIME = '/usr/bin/time'
export const hasTime = fs.existsSync(TIME)
const SHOWN_LOG = 1500

/** Runs a command and waits for it. @throws where it does not end with exit code 0 */
export async function measure({ argv, env, log }: Command): Promise<Usage> {
  const figures = `${log}.time`
  const [program = '', ...rest] = hasTime ? [TIME, '-q', '-f', '%U %S %M', '-o', figures, ...argv] : argv
  const output = fs.openSync(log, 'w')
  const start = performance.now()
  const child = spawn(program, rest, { env: { ...process.env, ...env }, stdio: ['ignore', output, output] })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  const wall = (performance.now() - start) / 1000
  fs.closeSync(output)
  if (code !== 0) {
    const tail = fs.readFileSync(log, 'latin1').slice(-SHOWN_LOG).trim()
    throw new Error(`${argv.slice(0, 4).join(' ')} … ended with ${signal ?? `exit code ${code}`}\n${tail}`)
  }
  if (!hasTime) return { wall, cpu: undefined, rss: undefined }
  const [user = 0, system = 0, kilobytes = 0] = fs.readFileSync(figures, 'latin1').trim().split(' ').map(Number)
  return { wall, cpu: user + system, rss: kilobytes * 1024 }
}

/** Two commands one after the other, taken as one. */
export function together(a: Usage, b: Usage): Usage {
  const both = (
    x: number | undefined,
    y: number | undefined,
    how: (x: number, y: number) => number,
  ): number | undefined => (x === undefined || y === undefined ? undefined : how(x, y))
  return {
    wall: a.wall + b.wall,
    cpu: both(a.cpu, b.cpu, (x, y) => x + y),
    rss: both(a.rss, b.rss, Math.max),
  }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** The middle of several runs, each figure for itself. */
export function medianOf(runs: readonly Measurement[]): Measurement {
  const of = (pick: (run: Measurement) => number | undefined): number | undefined => {
    const known = runs.map(pick).filter((value) => value !== undefined)
    return known.length === 0 ? undefined : median(known)
  }
  return {
    wall: median(runs.map((run) => run.wall)),
    cpu: of((run) => run.cpu),
    rss: of((run) => run.rss),
    requests: of((run) => run.requests),
    bytes: of((run) => run.bytes),
  }
}
