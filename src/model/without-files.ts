import { packageKey } from './layout.js'
import type { Project, ReleaseFile } from './project.js'

/**
 * The project without files that could not be had: a release file is left out, a core metadata file only takes the
 * attribute from its release file (PEP 658 makes it optional). `keys`: of the files.
 */
export function withoutFiles(project: Project, keys: ReadonlySet<string>): Project {
  if (keys.size === 0) return project
  const left = (file: ReleaseFile): ReleaseFile[] => {
    const key = packageKey(file.path)
    if (keys.has(key)) return []
    return [keys.has(`${key}.metadata`) ? { ...file, coreMetadata: undefined } : file]
  }
  return {
    ...project,
    releases: project.releases.map((release) => ({ ...release, files: release.files.flatMap(left) })),
  }
}
