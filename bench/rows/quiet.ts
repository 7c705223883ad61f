import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cpuExcess, measuredOf, memory, wallExcess } from '../checks.js'
import { documentUrls, fetchAll, startNode } from '../limits.js'
import { identity } from '../names.js'
import type { Tool } from '../tool.js'
import { mirrored } from './check.js'
import type { Row } from './row.js'
import { SMALL_FILES } from './sync.js'

const OURS = 'bandersnatch'
/** Of the layout of mirror directories; in one without it bandersnatch 8.0 fetches everything again. */
const GENERATION = '5'
/** Runs of what takes a fraction of a second, for each run of the rest. */
const MORE_RUNS = 3

export function writeStatus(tool: Tool, mirror: string, serial: number): void {
  writeFileSync(join(tool.directory(mirror), 'status'), String(serial))
  writeFileSync(join(tool.directory(mirror), 'generation'), GENERATION)
}

/** A mirror directory that has the pages' directories of so many projects, and says that it is complete. */
export function writeMirror(tool: Tool, mirror: string, count: number): void {
  const simple = join(tool.directory(mirror), 'web', 'simple')
  mkdirSync(simple, { recursive: true })
  for (let number = 0; number < count; number++) mkdirSync(join(simple, identity(number).normalizedName))
  writeStatus(tool, mirror, identity(count - 1).serial)
}

export const quietList: Row = async (lab) => {
  const {
    place,
    scratch,
    upstreams,
    options: {
      workers,
      sizes: { names },
    },
  } = lab
  const served = await upstreams.onlyLast(names)
  const settings = { mirror: { 'api-method': 'simple' } }
  const mirrors = lab.tools.map((tool) => ({
    name: tool.name,
    served,
    run: () => tool.run('names', ['mirror'], settings),
  }))
  for (const tool of lab.tools) writeMirror(tool, 'names', names)
  for (const mirror of mirrors) await lab.prepare(mirror)
  const limit = 'curl of the list'
  const fetch = () => fetchAll(documentUrls(place.url, []), { place, scratch, workers })
  const runs = await lab.alternate([{ name: limit, served, run: fetch }, ...mirrors])
  for (const tool of lab.tools) rmSync(tool.directory('names'), { recursive: true })
  return {
    title: `quiet run, list of ${names} names`,
    measured: measuredOf(runs),
    checks: [cpuExcess(runs, [OURS, limit], 0.8), memory(runs, OURS, 250)],
  }
}

export const quietChangelog: Row = async (lab) => {
  const { served } = await mirrored(lab)
  const limit = 'node, the program loaded'
  const modules = ['dist/cli.js', 'dist/log/log.js', 'dist/commands/mirror.js'].map(
    (path) => pathToFileURL(resolve(path)).href,
  )
  const script = modules.map((url) => `await import(${JSON.stringify(url)})`).join('\n')
  const mirrors = lab.tools.map((tool) => ({ name: tool.name, served, run: () => tool.run(SMALL_FILES, ['mirror']) }))
  // The first run after a forced one may have the whole list to compare.
  for (const mirror of mirrors) await lab.prepare(mirror)
  const runs = await lab.alternate(
    [{ name: limit, run: () => startNode(script, lab.scratch) }, ...mirrors],
    lab.options.runs * MORE_RUNS,
  )
  return {
    title: 'quiet run, changelog',
    measured: measuredOf(runs),
    checks: [wallExcess(runs, [OURS, limit], 0.1), memory(runs, OURS, 100)],
  }
}

export const startUp: Row = async (lab) => {
  const limit = 'node -e 0'
  const runs = await lab.alternate(
    [
      { name: limit, run: () => startNode('0', lab.scratch) },
      ...lab.tools.map((tool) => ({ name: tool.name, run: () => tool.plain(['--version']) })),
    ],
    lab.options.runs * MORE_RUNS,
  )
  return { title: 'start-up, --version', measured: measuredOf(runs), checks: [wallExcess(runs, [OURS, limit], 0.06)] }
}
