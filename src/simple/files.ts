import { compareCodePoints } from '../python/code-points.js'
import { releaseFiles } from '../model/project.js'
import type { Project, ReleaseFile } from '../model/project.js'

/** A project's files as its pages list them: by filename, else in the document's order. */
export function pageFiles(project: Project): ReleaseFile[] {
  return releaseFiles(project).sort((a, b) => compareCodePoints(a.filename, b.filename))
}
