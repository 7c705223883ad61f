import { rmSync } from 'node:fs'
import { measuredOf, memory, memoryExcess, wallRatio } from '../checks.js'
import type { Contender, Lab } from '../lab.js'
import { copyAll, documentUrls, fetchAll, fileUrls } from '../limits.js'
import type { Tool } from '../tool.js'
import { SEED } from '../upstreams.js'
import type { Stocked } from '../upstreams.js'
import type { Row } from './row.js'

export const SMALL_FILES = 'small'
const OURS = 'bandersnatch'
const CURL = 'curl --parallel'
const MIB = 2 ** 20

/** The upstream of many small files. */
export async function smallFiles({ upstreams, options: { sizes } }: Lab): Promise<Stocked> {
  const { projects, files, bytes } = sizes
  return upstreams.withFiles(SMALL_FILES, { projects, files, bytes, largest: 512 * 1024, seed: SEED })
}

/** curl fetching everything that a first sync asks for. */
function curl({ place, scratch, options }: Lab, { served, projects }: Stocked): Contender {
  const urls = [
    ...documentUrls(
      place.url,
      projects.map(({ normalizedName }) => normalizedName),
    ),
    ...fileUrls(place.url, projects),
  ]
  return { name: CURL, served, run: () => fetchAll(urls, { place, scratch, workers: options.workers }) }
}

/** A mirror run into an empty directory. */
export function firstRun(tool: Tool, mirror: string, { served }: Pick<Stocked, 'served'>): Contender {
  return {
    name: tool.name,
    served,
    before: () => rmSync(tool.directory(mirror), { recursive: true, force: true }),
    run: () => tool.run(mirror, ['mirror']),
  }
}

export const firstSync: Row = async (lab) => {
  const stocked = await smallFiles(lab)
  const mirrors = lab.tools.map((tool) => firstRun(tool, SMALL_FILES, stocked))
  const [ours] = lab.tools
  const copy = { name: 'cp -r', run: () => copyAll(ours.directory(SMALL_FILES), lab.scratch) }
  const runs = await lab.alternate([curl(lab, stocked), ...mirrors, copy])
  return {
    title: `first sync, ${describe(stocked)}, ${lab.options.workers} workers`,
    measured: measuredOf(runs),
    checks: [wallRatio(runs, [OURS, CURL], 1.5), memory(runs, OURS, 300)],
  }
}

export const big: Row = async (lab) => {
  const { bigFiles, bigBytes } = lab.options.sizes
  const projects = Math.ceil(bigFiles / 15)
  const stocked = await lab.upstreams.withFiles('big', {
    projects,
    files: bigFiles,
    bytes: bigBytes,
    largest: 200 * MIB,
    seed: SEED,
  })
  const runs = await lab.alternate([curl(lab, stocked), ...lab.tools.map((tool) => firstRun(tool, 'big', stocked))])
  for (const tool of lab.tools) rmSync(tool.directory('big'), { recursive: true })
  return {
    title: `first sync, ${describe(stocked)}`,
    measured: measuredOf(runs),
    checks: [wallRatio(runs, [OURS, CURL], 1.15)],
  }
}

export const huge: Row = async (lab) => {
  const bytes = lab.options.sizes.hugeBytes
  const of = async (name: string, size: number): Promise<Stocked> =>
    lab.upstreams.withFiles(name, { projects: 1, files: 1, bytes: size, largest: size, seed: SEED })
  const [one, tiny] = [await of('huge', bytes), await of('tiny', 1024)]
  const small = 'bandersnatch, a file of 1 kB'
  const without = lab.tools.slice(0, 1).map((tool) => ({ ...firstRun(tool, 'tiny', tiny), name: small }))
  const runs = await lab.alternate([
    curl(lab, one),
    ...lab.tools.map((tool) => firstRun(tool, 'huge', one)),
    ...without,
  ])
  for (const tool of lab.tools) rmSync(tool.directory('huge'), { recursive: true })
  return {
    title: `first sync, one file of ${(bytes / 1e9).toFixed(2)} GB`,
    measured: measuredOf(runs),
    checks: [memoryExcess(runs, [OURS, small], 64)],
  }
}

export function describe({ projects }: Stocked): string {
  const files = projects.flatMap((project) => project.files)
  const withMetadata = files.filter((file) => file.metadataSha256 !== undefined)
  const bytes =
    files.reduce((sum, file) => sum + file.size, 0) + withMetadata.reduce((sum, file) => sum + file.metadataSize, 0)
  return `${projects.length} projects, ${files.length} files + ${withMetadata.length} metadata files, ${(bytes / 1e9).toFixed(2)} GB`
}
