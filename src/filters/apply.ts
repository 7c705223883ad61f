import { InvalidDocumentError } from '../errors.js'
import type { Project, Release, ReleaseFile } from '../model/project.js'
import type { Drop, Filters, ReleaseFilter, Verdict } from './types.js'

/** Stands in explanations for what the requirements of [closure] do not need. */
export const SELECTION = 'closure'

type OnDrop = (drop: Drop) => void

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

/**
 * The project with the files that the mirror should have: files filtered first, releases without files removed (as 8.0
 * does with no filter at all), then releases filtered. The same object when nothing is dropped.
 * @throws InvalidDocumentError naming project, version and plugin
 */
export function filterReleases(filters: Filters, project: Project): Project {
  return filtered(filters, project, () => {})
}

/** Everything that the filters drop of a project, with the plugin that drops it. @throws as applyFilters */
export function explain(filters: Filters, project: Project): Drop[] {
  const byName = droppingByName(filters, project.rawName)
  if (byName !== undefined) return [{ kind: 'project', plugin: byName }]
  const byMetadata = droppingByMetadata(filters, project)
  if (byMetadata !== undefined) return [{ kind: 'project', plugin: byMetadata }]
  const drops: Drop[] = []
  filtered(filters, project, (drop) => drops.push(drop))
  return drops
}

function filtered(filters: Filters, project: Project, onDrop: OnDrop): Project {
  const kept = releasesFiltered(filters.release, filesFiltered(filters, project, onDrop), onDrop)
  return selected(filters, kept, onDrop)
}

/** What the requirements need of it. */
function selected({ selection }: Filters, project: Project, onDrop: OnDrop): Project {
  const wanted = selection?.filesOf(project.name)
  if (wanted === undefined) return project
  const releases = project.releases.flatMap((release): Release[] => {
    const files = release.files.filter(({ filename }) => {
      const keep = wanted.has(filename)
      if (!keep) onDrop({ kind: 'file', version: release.version, filename, plugin: SELECTION })
      return keep
    })
    if (files.length === release.files.length) return [release]
    return files.length === 0 ? [] : [{ ...release, files }]
  })
  return { ...project, releases }
}

function filesFiltered(filters: Filters, project: Project, onDrop: OnDrop): Project {
  const releases: Release[] = []
  for (const release of project.releases) {
    const kept = filters.releaseFile.length === 0 ? release : releaseFiltered(filters, release, project, onDrop)
    if (kept.files.length > 0) releases.push(kept)
    else onDrop({ kind: 'release', version: release.version, plugin: undefined })
  }
  const same = releases.length === project.releases.length && releases.every((r, i) => r === project.releases[i])
  return same ? project : { ...project, releases }
}

function releaseFiltered(filters: Filters, release: Release, project: Project, onDrop: OnDrop): Release {
  const where = (file: ReleaseFile): string => `${project.rawName} ${release.version}: ${file.filename}`
  const files = release.files.filter((file) => {
    const dropping = filters.releaseFile.find(
      (filter) => !asked(filter.name, where(file), () => filter.keepFile(file, release, project.info)),
    )
    if (dropping) onDrop({ kind: 'file', version: release.version, filename: file.filename, plugin: dropping.name })
    return !dropping
  })
  return files.length === release.files.length ? release : { ...release, files }
}

function releasesFiltered(filters: readonly ReleaseFilter[], project: Project, onDrop: OnDrop): Project {
  const alone = filters.find((filter) => filter.decidesAlone?.(project))
  if (alone !== undefined) return releasesKept([alone], project, onDrop)
  const left = releasesKept(
    filters.filter(({ last }) => last !== true),
    project,
    onDrop,
  )
  return releasesKept(
    filters.filter(({ last }) => last === true),
    left,
    onDrop,
  )
}

function releasesKept(filters: readonly ReleaseFilter[], project: Project, onDrop: OnDrop): Project {
  if (filters.length === 0) return project
  // Each filter sees what is left when it is asked: with a negative `keep` 8.0's latest_release depends on it.
  const remaining = [...project.releases]
  const current: Project = { ...project, releases: remaining }
  let kept = 0
  for (const release of project.releases) {
    const where = `${project.rawName} ${release.version}`
    const dropping = filters.find((filter) => !asked(filter.name, where, () => filter.keepRelease(release, current)))
    if (dropping) {
      remaining.splice(kept, 1)
      onDrop({ kind: 'release', version: release.version, plugin: dropping.name })
    } else kept++
  }
  return remaining.length === project.releases.length ? project : current
}

/** A filter's answer; what it says about the document gets the name of the project and of the plugin. */
function asked(plugin: string, where: string, ask: () => boolean): boolean {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error
    throw new InvalidDocumentError(`${where}: ${plugin}: ${error.message}`, { cause: error })
  }
}
