import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { measuredOf, memory, wallRatio } from '../checks.js'
import type { Lab } from '../lab.js'
import { documentUrls, fetchAll, hashAll } from '../limits.js'
import { together } from '../measure.js'
import type { Stocked } from '../upstreams.js'
import type { Row } from './row.js'
import { SMALL_FILES, describe, firstRun, smallFiles } from './sync.js'

const OURS = 'bandersnatch'

/** The mirrors that a first sync leaves; made here where that row was not asked for. */
export async function mirrored(lab: Lab): Promise<Stocked> {
  const stocked = await smallFiles(lab)
  for (const tool of lab.tools) {
    if (!existsSync(join(tool.directory(SMALL_FILES), 'status')))
      await lab.prepare(firstRun(tool, SMALL_FILES, stocked))
  }
  return stocked
}

function packages(lab: Lab): string {
  return join(lab.tools[0].directory(SMALL_FILES), 'web', 'packages')
}

export const recheck: Row = async (lab) => {
  const {
    place,
    scratch,
    options: { workers },
  } = lab
  const stocked = await mirrored(lab)
  const { served, projects } = stocked
  const urls = documentUrls(
    place.url,
    projects.map(({ normalizedName }) => normalizedName),
  )
  const limit = 'sha256sum + curl of the metadata'
  const runs = await lab.alternate([
    {
      name: limit,
      served,
      run: async () =>
        together(await hashAll(packages(lab), scratch), await fetchAll(urls, { place, scratch, workers })),
    },
    ...lab.tools.map((tool) => ({
      name: tool.name,
      served,
      run: () => tool.run(SMALL_FILES, ['mirror', '--force-check']),
    })),
  ])
  return {
    title: `forced re-check with nothing to download, ${describe(stocked)}`,
    measured: measuredOf(runs),
    checks: [wallRatio(runs, [OURS, limit], 2)],
  }
}

export const verify: Row = async (lab) => {
  const stocked = await mirrored(lab)
  const limit = 'sha256sum'
  const runs = await lab.alternate([
    { name: limit, run: () => hashAll(packages(lab), lab.scratch) },
    ...lab.tools.map((tool) => ({
      name: tool.name,
      served: stocked.served,
      run: () => tool.run(SMALL_FILES, ['verify']),
    })),
  ])
  return {
    title: `verify, nothing wrong, ${describe(stocked)}`,
    measured: measuredOf(runs),
    checks: [wallRatio(runs, [OURS, limit], 2), memory(runs, OURS, 200)],
  }
}
