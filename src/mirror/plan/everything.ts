import type { MirrorConfig } from '../../config/types.js'
import { countText } from '../../count.js'
import { ConfigError } from '../../errors.js'

/** All of PyPI, as docs/performance.md has it. */
const PYPI = { projects: 886_000, bytes: 35e12 } as const
const BYTES_PER_PROJECT = PYPI.bytes / PYPI.projects
/** Without release files: pages and their documents. */
const PAGE_BYTES_PER_PROJECT = 60_000
/** So many new projects are most of PyPI, or of a mirror of it. */
const MOST_OF_PYPI = 50_000
/** Fewer new projects can be of any size. */
const MANY = 1000
/** Filters of releases and files may leave a quarter of all that there is, and hardly less. */
const CLEARLY = 4

/** What very many new projects take, beside what is free. */
export interface Everything {
  /** for people: names, bytes, free space */
  readonly text: string
  /** most of PyPI on far too little space, and nobody said that everything is meant */
  readonly refused: boolean
}

interface Circumstances {
  readonly config: Pick<MirrorConfig, 'releaseFiles' | 'everything'>
  /** bytes; undefined where the storage does not tell (S3) */
  readonly free: number | undefined
}

/** Judges a run that is to mirror so many projects that the mirror does not have; undefined where there is nothing to say. */
export function judgeEverything(projects: number, { config, free }: Circumstances): Everything | undefined {
  if (projects < MANY) return undefined
  const needed = projects * (config.releaseFiles ? BYTES_PER_PROJECT : PAGE_BYTES_PER_PROJECT)
  const isMost = projects >= MOST_OF_PYPI
  if (!isMost && (free === undefined || free >= needed)) return undefined
  const parts = [
    `${countText(projects)} projects are new: about ${terabytes(needed)}, unless filters drop releases or files`,
    ...(isMost ? [`all of PyPI has ${countText(PYPI.projects)} projects and ${terabytes(PYPI.bytes)}`] : []),
    ...(free === undefined ? [] : [`${terabytes(free)} are free`]),
  ]
  return {
    text: parts.join('; '),
    refused: isMost && !config.everything && free !== undefined && free < needed / CLEARLY,
  }
}

/** What a configuration without a list of projects to mirror means, for `check-config`. @param projects of upstream, if it was asked */
export function everythingMeant(projects: number | undefined, circumstances: Circumstances): Everything | undefined {
  const judged = judgeEverything(projects ?? PYPI.projects, circumstances)
  return judged === undefined ? undefined : { ...judged, text: `no list of projects to mirror: ${judged.text}` }
}

/** @throws ConfigError where the run is refused */
export function refuseEverything({ text, refused }: Everything): void {
  if (refused) throw new ConfigError(`${text}. ${HOW_TO_CONFIRM}`)
}

export const HOW_TO_CONFIRM =
  'Limit what is mirrored (docs/filters.md), or confirm that everything is meant: mirror --all, or [mirror] everything = true'

function terabytes(bytes: number): string {
  if (bytes < 1e12) return `${countText(Math.round(bytes / 1e9))} GB`
  return `${(bytes / 1e12).toFixed(1).replace(/\.0$/, '')} TB`
}
