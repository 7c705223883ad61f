import { packageKey } from '../../model/layout.js'
import { releaseFiles } from '../../model/project.js'
import type { Project } from '../../model/project.js'
import type { Context } from '../run/context.js'

/**
 * The project with the sizes of its stored files where upstream does not tell them, as HTML pages do not: JSON pages of the
 * mirror must have them (PEP 700).
 */
export async function withStoredSizes(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  project: Project,
): Promise<Project> {
  if (!config.releaseFiles || config.simpleFormat === 'HTML') return project
  const sizes = new Map<string, number>()
  for (const { path, size } of releaseFiles(project)) {
    const held = size === undefined ? await storage.stat(packageKey(path)) : undefined
    if (held !== undefined) sizes.set(path, held.size)
  }
  if (sizes.size === 0) return project
  const releases = project.releases.map((release) => ({
    ...release,
    files: release.files.map((file) => ({ ...file, size: file.size ?? sizes.get(file.path) })),
  }))
  return { ...project, releases }
}
