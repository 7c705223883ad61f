import { rmSync } from 'node:fs'
import { measuredOf, scaledRatio } from '../checks.js'
import { documentUrls, fetchAll } from '../limits.js'
import { identity } from '../names.js'
import type { Contender } from '../lab.js'
import type { Row } from './row.js'
import { writeMirror, writeStatus } from './quiet.js'

const GROWTH = [1, 2.5, 5] as const
const ALLOWED = 1000
const METADATA_ONLY = { 'release-files': 'false', 'api-method': 'simple' }

export const metadataOnly: Row = async (lab) => {
  const {
    upstreams,
    options: { sizes },
  } = lab
  const counts = GROWTH.map((factor) => Math.round(sizes.metadata * factor))
  const most = Math.max(...counts)
  const mirrors: Contender[] = []
  for (const count of counts) {
    const served = await upstreams.metadataOnly(most, count)
    for (const tool of lab.tools)
      mirrors.push({
        name: `${tool.name}, ${count} projects`,
        served,
        before: () => rmSync(tool.directory('metadata'), { recursive: true, force: true }),
        run: () => tool.run('metadata', ['mirror'], { mirror: METADATA_ONLY }),
      })
  }
  const runs = await lab.alternate(mirrors)
  for (const tool of lab.tools) rmSync(tool.directory('metadata'), { recursive: true })
  const [least = 0] = counts
  const named = (count: number): string => `bandersnatch, ${count} projects`
  return {
    title: `metadata-only first sync of ${counts.join(', ')} projects`,
    measured: measuredOf(runs),
    checks: counts
      .slice(1)
      .map((count) => scaledRatio(runs, [named(count), named(least)], { scale: count / least, atMost: 1.15 })),
  }
}

export const planAllowlist: Row = async (lab) => {
  const {
    place,
    scratch,
    upstreams,
    options: { workers, sizes },
  } = lab
  const most = Math.round(sizes.metadata * Math.max(...GROWTH))
  const served = await upstreams.metadataOnly(most, sizes.planned)
  const allowed = Array.from({ length: Math.min(ALLOWED, most) }, (_, number) => identity(number).normalizedName)
  const text = `[plugins]\nenabled =\n    allowlist_project\n[allowlist]\npackages =\n${allowed.map((name) => `    ${name}\n`).join('')}`
  const urls = documentUrls(place.url, allowed)
  const runs = await lab.alternate([
    { name: 'curl of the same', served, run: () => fetchAll(urls, { place, scratch, workers }) },
    ...lab.tools.map((tool) => ({
      name: tool.name,
      served,
      before: () => rmSync(tool.directory('allowlist'), { recursive: true, force: true }),
      run: () => tool.run('allowlist', ['mirror'], { mirror: METADATA_ONLY, text }),
    })),
  ])
  return {
    title: `first sync of ${allowed.length} projects out of a list of ${sizes.planned}`,
    measured: measuredOf(runs),
    checks: [],
  }
}

export const planAll: Row = async (lab) => {
  const {
    place,
    scratch,
    upstreams,
    options: {
      workers,
      sizes: { planned },
    },
  } = lab
  const served = await upstreams.onlyLast(planned)
  const last = identity(planned - 1)
  const mirrors = lab.tools.map((tool) => ({
    name: tool.name,
    served,
    before: () => writeStatus(tool, 'all', last.serial - 1),
    run: () => tool.run('all', ['mirror'], { mirror: METADATA_ONLY }),
  }))
  for (const tool of lab.tools) writeMirror(tool, 'all', planned)
  for (const mirror of mirrors) await lab.prepare(mirror)
  const urls = documentUrls(place.url, [last.normalizedName])
  const runs = await lab.alternate([
    { name: 'curl of the same', served, run: () => fetchAll(urls, { place, scratch, workers }) },
    ...mirrors,
  ])
  for (const tool of lab.tools) rmSync(tool.directory('all'), { recursive: true })
  return {
    title: `one changed project in a mirror of ${planned}, with its root index`,
    measured: measuredOf(runs),
    checks: [],
  }
}
