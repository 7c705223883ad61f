import { rmSync } from 'node:fs'
import { measuredOf, wallRatio } from '../checks.js'
import type { Contender, Lab } from '../lab.js'
import { compile } from '../native.js'
import type { Settings, Tool } from '../tool.js'
import { SEED } from '../upstreams.js'
import type { Stocked } from '../upstreams.js'
import type { Row } from './row.js'
import { describe } from './sync.js'

/** Microseconds of each call, as on a network file system or a busy disk. */
const SLOW_US = 1000
const MIRROR = 'slow-disk'

/** A run with calls to the file system that take so long. */
function delayed(library: string, tool: Tool, microseconds: number): Settings {
  const env = { LD_PRELOAD: library, SLOW_DISK_BELOW: tool.directory(MIRROR), SLOW_DISK_US: String(microseconds) }
  return { env }
}

async function stock({ upstreams, options: { sizes } }: Lab): Promise<Stocked> {
  const files = sizes.slowFiles
  return upstreams.withFiles(MIRROR, {
    projects: Math.ceil(files / 23),
    files,
    bytes: files * 13_000,
    largest: 512 * 1024,
    seed: SEED,
  })
}

/** First syncs and verifies of the same, with each call to the file system taking a millisecond more, and without. */
export const slowDisk: Row = async (lab) => {
  let library: string
  try {
    library = compile('slow-disk', lab.scratch)
  } catch (error) {
    return { title: `skipped: ${String(error)}`, measured: [], checks: [] }
  }
  const stocked = await stock(lab)
  const { served } = stocked
  const named = (tool: Tool, command: string, slow: boolean): string =>
    `${tool.name}: ${command}, ${slow ? `${SLOW_US / 1000} ms a call` : 'no delay'}`
  const contender = (tool: Tool, command: 'mirror' | 'verify', slow: boolean): Contender => ({
    name: named(tool, command, slow),
    served,
    before: () => {
      if (command === 'mirror') rmSync(tool.directory(MIRROR), { recursive: true, force: true })
    },
    run: () => tool.run(MIRROR, [command], delayed(library, tool, slow ? SLOW_US : 0)),
  })
  const runs = await lab.alternate(
    lab.tools.flatMap((tool) =>
      (['mirror', 'verify'] as const).flatMap((command) => [
        contender(tool, command, false),
        contender(tool, command, true),
      ]),
    ),
  )
  const [ours] = lab.tools
  for (const tool of lab.tools) rmSync(tool.directory(MIRROR), { recursive: true })
  const ratio = (command: string, atMost: number): ReturnType<typeof wallRatio> =>
    wallRatio(runs, [named(ours, command, true), named(ours, command, false)], atMost)
  return {
    title: `a slow disk, ${describe(stocked)}`,
    measured: measuredOf(runs),
    checks: [ratio('mirror', 2), ratio('verify', 2.5)],
  }
}
