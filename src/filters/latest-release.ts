import { countText } from '../count.js'
import { InvalidDocumentError } from '../errors.js'
import { field } from '../model/json.js'
import type { Project, Release } from '../model/project.js'
import { compareVersions, parseVersion } from '../packaging/version.js'
import type { Plugin, PluginContext } from './context.js'
import { readNumber } from './context.js'
import type { ReleaseFilter } from './types.js'

const SECTION = 'latest_release'

/**
 * latest_release: keeps the `keep` newest of the releases that the other filters keep. The one that the project calls its
 * current version is kept in place of the oldest of them. Unlike in 8.0 a release that another filter drops takes no place.
 */
export const latestRelease = {
  options: {
    latest_release: {
      keep: { type: 'integer', doc: "How many of a project's latest releases to mirror; 0 for all." },
      sort_by: { type: 'choice', choices: ['version', 'time'], fallback: 'version', doc: 'What latest means.' },
    },
  },
  create: createLatestRelease,
} satisfies Plugin

function createLatestRelease(context: PluginContext): ReleaseFilter | undefined {
  const { warnUnused, warn } = context
  const keep = readNumber(context, SECTION, 'keep')
  if (keep === undefined) warnUnused('latest_release: [latest_release] keep is not set, so it keeps every release')
  if (keep === undefined || Number.isNaN(keep)) return undefined
  const byTime = sortsByTime(context)
  if (keep === 0) return undefined
  if (keep < 0) warn(`latest_release: keep = ${keep} drops that many of the oldest releases`)
  return {
    kind: 'release',
    name: 'latest_release',
    summary: `keeps the ${keep === 1 ? 'newest release' : `${countText(keep)} newest releases`} by ${byTime ? 'time' : 'version'}`,
    settings: { keep, byTime, counts: 'what other filters keep' },
    pageSuffices: !byTime,
    last: true,
    keepRelease: latestOf(keep, byTime ? newestByTime : newestByVersion),
  }
}

function sortsByTime({ config, warn }: PluginContext): boolean {
  const sortBy = config.get(SECTION, 'sort_by')
  if (sortBy === undefined || sortBy === 'version' || sortBy === 'time') return sortBy === 'time'
  warn(`${config.invalid(SECTION, 'sort_by', 'must be version or time').message}; version is taken`)
  return false
}

/** All releases, the newest first. */
type Ranking = (releases: readonly Release[]) => Release[]

function latestOf(keep: number, ranking: Ranking): ReleaseFilter['keepRelease'] {
  const ranked = new WeakMap<Project, Release[]>()
  return (release, project) => {
    if (keep > project.releases.length) return true
    const latest = rankedReleases(ranked, project, ranking).slice(0, keep)
    if (latest.length === 0) throw new InvalidDocumentError(`keep = ${keep} leaves no release`)
    const current = field(project.info, 'version')
    const isCurrent = ({ version }: Release): boolean => version === current
    // With a negative `keep`, which hardly anybody means, a current version that is missing counts as it does in 8.0.
    const isMissing = keep > 0 && !project.releases.some(isCurrent)
    if (isMissing || latest.some(isCurrent)) return latest.includes(release)
    return isCurrent(release) || latest.slice(0, -1).includes(release)
  }
}

/** Ranked once for a project: while it is filtered, its releases only become fewer. */
function rankedReleases(ranked: WeakMap<Project, Release[]>, project: Project, ranking: Ranking): Release[] {
  const known = ranked.get(project)
  if (known?.length === project.releases.length) return known
  const left = new Set(project.releases)
  const order = known ? known.filter((release) => left.has(release)) : ranking(project.releases)
  ranked.set(project, order)
  return order
}

function newestByVersion(releases: readonly Release[]): Release[] {
  const versions = releases.map((release) => {
    const version = parseVersion(release.version)
    if (!version) throw new InvalidDocumentError(`${JSON.stringify(release.version)} is not a version`)
    return { release, version }
  })
  // Equal versions (1.0 and 1.0.0) by their spelling.
  const bySpelling = (a: Release, b: Release): number => (a.version < b.version ? 1 : -1)
  versions.sort((a, b) => compareVersions(b.version, a.version) || bySpelling(a.release, b.release))
  return versions.map(({ release }) => release)
}

/** By the upload time of the first file, which sorts as text: ISO 8601 in UTC. */
function newestByTime(releases: readonly Release[]): Release[] {
  const times = releases.map((release) => {
    const time = release.files[0]?.uploadTime
    if (time === undefined) throw new InvalidDocumentError(`version ${release.version} has no upload time`)
    return { release, time }
  })
  times.sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? 1 : -1))
  return times.map(({ release }) => release)
}
