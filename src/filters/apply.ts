import { InvalidDocumentError } from '../errors.js'
import type { Project, Release, ReleaseFile } from '../model/project.js'
import type { Drop, Due, Filters, MetadataFilter, ReleaseFileFilter, ReleaseFilter, Verdict } from './types.js'

/** What is told of a project while it is filtered. */
interface Watch {
  /** `files`: what goes */
  drop(drop: Drop, files: readonly ReleaseFile[]): void
  /** an answer changes at this time: milliseconds since the epoch */
  due(time: Due): void
}

/** A project as its files are chosen, and what time will change of it. */
export interface Sifted {
  /** with the files that the mirror should have; the same object as was given when nothing is dropped */
  readonly project: Project
  /** when an answer changes first: milliseconds since the epoch; undefined: never */
  readonly due: number | undefined
  /** names of files that a filter holds back until some time */
  readonly held: readonly string[]
  /** files of releases that advisories block */
  readonly blocked: number
}
/** Stands in explanations for what the requirements of [closure] do not need. */
export const SELECTION = 'closure'

/**
 * Whether a project's name passes the project filters. `name`: as the list of projects spells it.
 * @throws InvalidDocumentError where somebody else's plugin fails
 */
export function keepsProject(filters: Filters, name: string): Verdict {
  const dropping = droppingByName(filters, name)
  return dropping === undefined ? { keep: true } : { keep: false, reason: `dropped by ${dropping}` }
}

function droppingByName(filters: Filters, name: string): string | undefined {
  return filters.project.find((filter) => !asked(filter.name, name, () => filter.keepProject(name)))?.name
}

/**
 * Whether the metadata filters want the project. Project filters are not asked: see keepsProject.
 * @throws InvalidDocumentError naming project and plugin
 */
export function keepsMetadata(filters: Filters, project: Project): boolean {
  return droppingByMetadata(filters, project) === undefined
}

function droppingByMetadata(filters: Filters, project: Project): string | undefined {
  return filters.metadata.find((filter) => !asked(filter.name, project.rawName, () => filter.keepMetadata(project)))
    ?.name
}

/** When the metadata filters may decide otherwise about a project: milliseconds since the epoch. */
export function metadataDue(filters: Filters, project: Project): Due {
  const { watch, seen } = watching()
  const dropping = filters.metadata.find(
    (filter) => !asked(filter.name, project.rawName, () => filter.keepMetadata(project)),
  )
  const ask = ({ name, dueAt }: MetadataFilter): Due => dueAt && asked(name, project.rawName, () => dueAt(project))
  for (const filter of dropping === undefined ? filters.metadata : [dropping]) watch.due(ask(filter))
  return seen.due
}

/**
 * The project with the files that the mirror should have: files filtered first, releases without files removed (as 8.0
 * does with no filter at all), then releases filtered. The same object when nothing is dropped.
 * @throws InvalidDocumentError naming project, version and plugin
 */
export function filterReleases(filters: Filters, project: Project): Project {
  return sift(filters, project).project
}

/** As filterReleases, with what time will change of it. @throws InvalidDocumentError */
export function sift(filters: Filters, project: Project): Sifted {
  const { watch, seen } = watching()
  const wanted = filtered(filters, project, watch)
  return { project: wanted, due: seen.due, held: seen.held, blocked: blockedFiles(filters, project) }
}

function watching(): { readonly watch: Watch; readonly seen: { due: Due; readonly held: string[] } } {
  const seen: { due: Due; readonly held: string[] } = { due: undefined, held: [] }
  const watch: Watch = {
    drop: ({ until }, files) => {
      if (until !== undefined) for (const { filename } of files) seen.held.push(filename)
    },
    due: (time) => {
      if (time !== undefined && (seen.due === undefined || time < seen.due)) seen.due = time
    },
  }
  return { watch, seen }
}

function blockedFiles({ advisories }: Filters, { name, releases }: Project): number {
  if (advisories === undefined || advisories.advises.fingerprint(name) === '') return 0
  const blocked = releases.filter(({ version }) => advisories.advises.blocking(name, version).length > 0)
  return blocked.reduce((sum, { files }) => sum + files.length, 0)
}

/** Everything that the filters drop of a project, with the plugin that drops it. @throws as applyFilters */
export function explain(filters: Filters, project: Project): Drop[] {
  const byName = droppingByName(filters, project.rawName)
  if (byName !== undefined) return [{ kind: 'project', plugin: byName }]
  const byMetadata = droppingByMetadata(filters, project)
  if (byMetadata !== undefined) return [{ kind: 'project', plugin: byMetadata }]
  const drops: Drop[] = []
  filtered(filters, project, { drop: (drop) => drops.push(drop), due: () => undefined })
  return drops
}

function filtered(filters: Filters, project: Project, watch: Watch): Project {
  const kept = releasesFiltered(filters, filesFiltered(filters, project, watch), watch)
  return selected(filters, kept, watch)
}

/** What the requirements need of it. */
function selected({ selection }: Filters, project: Project, watch: Watch): Project {
  const wanted = selection?.filesOf(project.name)
  if (wanted === undefined) return project
  const releases = project.releases.flatMap((release): Release[] => {
    const files = release.files.filter((file) => {
      const { filename } = file
      const keep = wanted.has(filename)
      if (!keep) watch.drop({ kind: 'file', version: release.version, filename, plugin: SELECTION }, [file])
      return keep
    })
    if (files.length === release.files.length) return [release]
    return files.length === 0 ? [] : [{ ...release, files }]
  })
  return { ...project, releases }
}

function filesFiltered(filters: Filters, project: Project, watch: Watch): Project {
  const releases: Release[] = []
  for (const release of project.releases) {
    const kept = filters.releaseFile.length === 0 ? release : releaseFiltered(filters, { release, project }, watch)
    if (kept.files.length > 0) releases.push(kept)
    else watch.drop({ kind: 'release', version: release.version, plugin: undefined }, [])
  }
  const same = releases.length === project.releases.length && releases.every((r, i) => r === project.releases[i])
  return same ? project : { ...project, releases }
}

interface ReleaseOf {
  readonly release: Release
  readonly project: Project
}

function releaseFiltered(filters: Filters, { release, project }: ReleaseOf, watch: Watch): Release {
  const { version } = release
  const files = release.files.filter((file) => {
    const where = `${project.rawName} ${version}: ${file.filename}`
    const due = ({ name, dueAt }: ReleaseFileFilter): Due =>
      dueAt && asked(name, where, () => dueAt(file, release, project.info))
    const dropping = filters.releaseFile.find(
      (filter) => !asked(filter.name, where, () => filter.keepFile(file, release, project.info)),
    )
    if (dropping === undefined) {
      for (const filter of filters.releaseFile) watch.due(due(filter))
      return true
    }
    const until = due(dropping)
    watch.due(until)
    watch.drop({ kind: 'file', version, filename: file.filename, plugin: dropping.name, ...withUntil(until) }, [file])
    return false
  })
  return files.length === release.files.length ? release : { ...release, files }
}

function withUntil(until: Due): { readonly until?: number } {
  return until === undefined ? {} : { until }
}

/** What advisories block goes first, whoever decides about the others; then the filters that count what is left. */
function releasesFiltered({ release: filters, advisories }: Filters, project: Project, watch: Watch): Project {
  const safe = advisories === undefined ? project : releasesKept([advisories], project, watch)
  const others = filters.filter((filter) => filter !== advisories)
  const alone = others.find((filter) => filter.decidesAlone?.(safe))
  if (alone !== undefined) return releasesKept([alone], safe, watch)
  const isLast = ({ last }: ReleaseFilter): boolean => last === true
  const left = releasesKept(
    others.filter((filter) => !isLast(filter)),
    safe,
    watch,
  )
  return releasesKept(others.filter(isLast), left, watch)
}

function releasesKept(filters: readonly ReleaseFilter[], project: Project, watch: Watch): Project {
  if (filters.length === 0) return project
  // Each filter sees what is left when it is asked: with a negative `keep` 8.0's latest_release depends on it.
  const remaining = [...project.releases]
  const current: Project = { ...project, releases: remaining }
  let kept = 0
  for (const release of project.releases) {
    const where = `${project.rawName} ${release.version}`
    const due = ({ name, dueAt }: ReleaseFilter): Due => dueAt && asked(name, where, () => dueAt(release, current))
    const dropping = filters.find((filter) => !asked(filter.name, where, () => filter.keepRelease(release, current)))
    if (dropping === undefined) {
      kept += 1
      for (const filter of filters) watch.due(due(filter))
      continue
    }
    const until = due(dropping)
    remaining.splice(kept, 1)
    watch.due(until)
    const why = { ...withUntil(until), ...whyBad(dropping, project.name, release) }
    watch.drop({ kind: 'release', version: release.version, plugin: dropping.name, ...why }, release.files)
  }
  return remaining.length === project.releases.length ? project : current
}

function whyBad({ advises }: ReleaseFilter, name: string, { version }: Release): Pick<Drop, 'advisories'> {
  return advises === undefined ? {} : { advisories: advises.blocking(name, version) }
}

/** A filter's answer; what it says about the document gets the name of the project and of the plugin. */
function asked<T>(plugin: string, where: string, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error
    throw new InvalidDocumentError(`${where}: ${plugin}: ${error.message}`, { cause: error })
  }
}
