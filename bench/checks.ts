import type { Runs } from './lab.js'
import { median, medianOf } from './measure.js'
import type { Measurement } from './measure.js'

/** One line of the table of limits. */
export interface Check {
  /** what is compared with what */
  readonly what: string
  readonly unit: 'x' | 's' | 'ms' | 'MB' | ''
  /** undefined where it could not be measured */
  readonly value: number | undefined
  readonly atMost: number
  readonly reached: boolean | undefined
}

export interface RowResult {
  readonly row: string
  readonly title: string
  readonly measured: readonly (Measurement & { readonly name: string })[]
  readonly checks: readonly Check[]
  /** why there are no figures */
  readonly failure: string | undefined
}

const MB = 1e6

export function measuredOf(runs: Runs): RowResult['measured'] {
  return [...runs].map(([name, all]) => ({ name, ...medianOf(all) }))
}

type Pick = (run: Measurement) => number | undefined

/** The middle of what `combine` gives for the runs of the same round, which the same disturbances befell. */
function paired(
  runs: Runs,
  names: readonly [string, string],
  pick: Pick,
  combine: (ours: number, limit: number) => number,
): number | undefined {
  const [ours = [], limits = []] = names.map((name) => runs.get(name) ?? [])
  const values = ours.flatMap((run, round) => {
    const limit = limits[round]
    const [a, b] = [pick(run), limit === undefined ? undefined : pick(limit)]
    return a === undefined || b === undefined ? [] : [combine(a, b)]
  })
  return values.length === 0 ? undefined : median(values)
}

function check(what: string, unit: Check['unit'], value: number | undefined, atMost: number): Check {
  return { what, unit, value, atMost, reached: value === undefined ? undefined : value <= atMost }
}

export function wallRatio(runs: Runs, names: readonly [string, string], atMost: number): Check {
  const value = paired(
    runs,
    names,
    (run) => run.wall,
    (ours, limit) => ours / limit,
  )
  return check(`wall, ${names[0]} / ${names[1]}`, 'x', value, atMost)
}

/** @param scale what one run does more than the other: 5 where it has five times as many projects */
export function scaledRatio(
  runs: Runs,
  names: readonly [string, string],
  how: { readonly scale: number; readonly atMost: number },
): Check {
  const value = paired(
    runs,
    names,
    (run) => run.wall,
    (ours, limit) => ours / limit / how.scale,
  )
  return check(`wall per project, ${names[0]} / ${names[1]}`, 'x', value, how.atMost)
}

export function wallExcess(runs: Runs, names: readonly [string, string], atMost: number): Check {
  const value = paired(
    runs,
    names,
    (run) => run.wall,
    (ours, limit) => ours - limit,
  )
  return check(`wall, ${names[0]} - ${names[1]}`, 's', value, atMost)
}

/** What one run takes longer than the other for each file. @param how.atMost milliseconds */
export function wallPerFile(
  runs: Runs,
  names: readonly [string, string],
  how: { readonly files: number; readonly atMost: number },
): Check {
  const value = paired(
    runs,
    names,
    (run) => run.wall,
    (ours, limit) => ((ours - limit) / how.files) * 1000,
  )
  return check(`wall per file, ${names[0]} - ${names[1]}`, 'ms', value, how.atMost)
}

export function cpuExcess(runs: Runs, names: readonly [string, string], atMost: number): Check {
  const value = paired(
    runs,
    names,
    (run) => run.cpu,
    (ours, limit) => ours - limit,
  )
  return check(`CPU, ${names[0]} - ${names[1]}`, 's', value, atMost)
}

/** @param atMost megabytes */
export function memory(runs: Runs, name: string, atMost: number): Check {
  const rss = medianOf(runs.get(name) ?? []).rss
  return check(`memory, ${name}`, 'MB', rss === undefined ? undefined : rss / MB, atMost)
}

/** @param atMost megabytes */
export function memoryExcess(runs: Runs, names: readonly [string, string], atMost: number): Check {
  const value = paired(
    runs,
    names,
    (run) => run.rss,
    (ours, limit) => (ours - limit) / MB,
  )
  return check(`memory, ${names[0]} - ${names[1]}`, 'MB', value, atMost)
}

/** @param atMost connections that may be open at a time */
export function most(runs: Runs, name: string, atMost: number): Check {
  const open = (runs.get(name) ?? []).flatMap(({ connections }) => connections ?? [])
  return check(`connections, ${name}`, '', open.length === 0 ? undefined : Math.max(...open), atMost)
}
