import type { PackageIndex } from '../../helpers/index/index.js'
import { packagesPath, sha256Of } from '../../helpers/index/digests.js'

export interface TrueProject {
  readonly serial: number
  /** key below the mirror directory of each release file, by filename */
  readonly files: ReadonlyMap<string, string>
}

/** What a complete mirror of an index has at one moment. */
export interface Truth {
  readonly serial: number
  /** of the projects that are left: a mirror may say this one where only a removal is newer */
  readonly highest: number
  /** those with releases, by normalized name */
  readonly projects: Map<string, TrueProject>
}

/** SHA-256 of every file that an index ever had, by key below the mirror directory. */
export type Known = Map<string, string>

/** What is in the index now. Its files are added to `known`. */
export function truthOf(index: PackageIndex, known: Known): Truth {
  const projects = new Map<string, TrueProject>()
  for (const project of index.projects.values()) {
    const files = new Map<string, string>()
    for (const release of project.releases.values()) {
      for (const file of release.files) {
        const key = `web/${packagesPath(file.filename, file.digests())}`
        known.set(key, file.digests().sha256)
        if (file.servesMetadata) known.set(`${key}.metadata`, sha256Of(file.metadata))
        files.set(file.filename, key)
      }
    }
    if (project.releases.size > 0) projects.set(project.normalizedName, { serial: project.serial, files })
  }
  const highest = Math.max(...[...index.projects.values()].map(({ serial }) => serial))
  return { serial: index.serial, highest, projects }
}
