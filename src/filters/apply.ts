import { InvalidDocumentError } from '../errors.js'
import type { Project, Release, ReleaseFile } from '../model/project.js'
import type { Drop, Filters, ReleaseFilter, Verdict } from './types.js'

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
 * The project as the mirror should have it: files filtered first, releases without files removed (as 8.0 does
 * with no filter at all), then releases filtered. The same object when nothing is dropped; undefined when a
 * metadata filter drops the project. Project filters are not asked: see keepsProject.
 * @throws InvalidDocumentError naming project, version and plugin
 */
export function applyFilters(filters: Filters, project: Project): Project | undefined {
  return filtered(filters, project, () => {})
}

/** Whether the metadata filters want the project. @throws InvalidDocumentError naming project and plugin */
export function keepsMetadata(filters: Filters, project: Project): boolean {
  return filters.metadata.every((filter) => asked(filter.name, project.rawName, () => filter.keepMetadata(project)))
}

/** The project with what the file and release filters leave of it, as applyFilters. @throws InvalidDocumentError */
export function filterReleases(filters: Filters, project: Project): Project {
  return releasesFiltered(
    filters,
    filesFiltered(filters, project, () => {}),
    () => {},
  )
}

/** Everything that the filters drop of a project, with the plugin that drops it. @throws as applyFilters */
export function explain(filters: Filters, project: Project): Drop[] {
  const byName = droppingByName(filters, project.rawName)
  if (byName !== undefined) return [{ kind: 'project', plugin: byName }]
  const drops: Drop[] = []
  filtered(filters, project, (drop) => drops.push(drop))
  return drops
}

function filtered(filters: Filters, project: Project, onDrop: OnDrop): Project | undefined {
  for (const filter of filters.metadata) {
    if (asked(filter.name, project.rawName, () => filter.keepMetadata(project))) continue
    onDrop({ kind: 'project', plugin: filter.name })
    return undefined
  }
  return releasesFiltered(filters, filesFiltered(filters, project, onDrop), onDrop)
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

function releasesFiltered(filters: Filters, project: Project, onDrop: OnDrop): Project {
  const settling = filters.release.find((filter) => filter.settles?.(project))
  const asking: readonly ReleaseFilter[] = settling ? [settling] : filters.release
  if (asking.length === 0) return project

  // Filters see what is left at their turn: 8.0's latest_release counts releases dropped before no more.
  const remaining = [...project.releases]
  const current: Project = { ...project, releases: remaining }
  let kept = 0
  for (const release of project.releases) {
    const where = `${project.rawName} ${release.version}`
    const dropping = asking.find((filter) => !asked(filter.name, where, () => filter.keepRelease(release, current)))
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
