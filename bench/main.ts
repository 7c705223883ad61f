/**
 * Measures the mirror beside its limits: `npm run bench`. See docs/performance.md.
 */
import * as fs from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import type { RowResult } from './checks.js'
import { createLab } from './lab.js'
import type { Lab } from './lab.js'
import { hasTime } from './measure.js'
import { USAGE, UsageError, readOptions } from './options.js'
import type { Options } from './options.js'
import { ROWS } from './rows/index.js'
import type { Row } from './rows/row.js'
import { choosePlace } from './serve.js'
import { formatTable } from './table.js'

const log = (line: string): void => void process.stderr.write(`${line}\n`)

function chosenRows({ rows }: Options): [string, Row][] {
  const unknown = rows.filter((name) => !Object.hasOwn(ROWS, name))
  if (unknown.length > 0) throw new UsageError(`--rows ${unknown.join(',')}: one of ${Object.keys(ROWS).join(', ')}`)
  return Object.entries(ROWS).filter(([name]) => rows.length === 0 || rows.includes(name))
}

async function openLab(options: Options, scratch: string): Promise<Lab> {
  const place = await choosePlace(join(scratch, 'upstream'), options)
  return createLab({ options, place, scratch, log })
}

async function measureRow(lab: Lab, name: string, row: Row): Promise<RowResult> {
  log(name)
  try {
    return { row: name, failure: undefined, ...(await row(lab)) }
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    log(`  failed: ${failure}`)
    return { row: name, title: '', measured: [], checks: [], failure }
  }
}

function machine(lab: Lab): Record<string, string | number> {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.versions.node,
    upstream: `${lab.place.server} over ${new URL(lab.place.url).protocol.slice(0, -1)}`,
    output: lab.options.output,
  }
}

async function main(options: Options): Promise<void> {
  const rows = chosenRows(options)
  if (!hasTime) log('GNU time (/usr/bin/time) is not installed: CPU and memory are not measured')
  fs.mkdirSync(options.cache, { recursive: true })
  const scratch = fs.mkdtempSync(join(options.output, 'bandersnatch-bench-'))
  const stopped = new Promise<never>((_, reject) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => reject(new Error(`stopped by ${name}`)))
  })
  let lab: Lab | undefined
  const results: RowResult[] = []
  try {
    lab = await openLab(options, scratch)
    for (const [name, row] of rows) results.push(await Promise.race([measureRow(lab, name, row), stopped]))
    const about = {
      machine: machine(lab),
      scale: options.scale,
      sizes: options.sizes,
      runs: options.runs,
      workers: options.workers,
    }
    if (options.json) console.log(JSON.stringify({ ...about, results }, null, 2))
    else console.log(`${JSON.stringify(about)}\n\n${formatTable(results)}`)
    if (options.scale === 'small') log('At this scale starting the program is most of it: the ratios say nothing.')
  } finally {
    await lab?.close()
    fs.rmSync(scratch, { recursive: true, force: true })
  }
  if (results.some(({ failure }) => failure !== undefined)) process.exitCode = 1
}

try {
  await main(readOptions(process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
