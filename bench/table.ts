import type { Check, RowResult } from './checks.js'
import type { Measurement } from './measure.js'

type Align = 'left' | 'right'

function columns(rows: readonly (readonly string[])[], align: readonly Align[]): string {
  const widths = align.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0
    return align[column] === 'right' ? text.padStart(width) : text.padEnd(width)
  }
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n')
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}

function measuredCells({ wall, cpu, rss, requests, bytes }: Measurement): string[] {
  const inMb = (value: number | undefined): number | undefined => (value === undefined ? undefined : value / 1e6)
  return [number(wall, 2), number(cpu, 2), number(inMb(rss), 0), number(requests, 0), number(inMb(bytes), 1)]
}

function verdict({ reached }: Check): string {
  if (reached === undefined) return 'not measured'
  return reached ? 'reached' : 'NOT REACHED'
}

function shownCheck(row: string, check: Check): string[] {
  const digits = check.unit === 'MB' ? 0 : 2
  return [row, check.what, number(check.value, digits), number(check.atMost, digits), check.unit, verdict(check)]
}

/** The figures of all rows, then the limits. */
export function formatTable(results: readonly RowResult[]): string {
  const figures = results.flatMap(({ row, title, measured, failure }) => [
    [`${row}: ${title}`],
    ...measured.map(({ name, ...usage }) => [`  ${name}`, ...measuredCells(usage)]),
    ...(failure === undefined ? [] : [[`  failed: ${failure.split('\n')[0] ?? ''}`]]),
  ])
  // Titles are longer than what stands below them, and have nothing beside them.
  const wide = columns(
    [['', 'wall s', 'CPU s', 'RSS MB', 'requests', 'MB'], ...figures.filter((row) => row.length > 1)],
    ['left', 'right', 'right', 'right', 'right', 'right'],
  ).split('\n')
  let next = 0
  const lines = [wide[next++], ...figures.map((row) => (row.length > 1 ? wide[next++] : row[0]))]
  const checks = results.flatMap(({ row, checks: own }) => own.map((check) => shownCheck(row, check)))
  const limits = columns(
    [['case', 'measured against its limit', '', 'at most', '', ''], ...checks],
    ['left', 'left', 'right', 'right', 'left', 'left'],
  )
  return `${lines.join('\n')}\n\n${limits}\n`
}
