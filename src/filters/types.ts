import type { JsonObject, Project, Release, ReleaseFile } from '../model/project.js'

/** Why something was dropped; the run's explanation and debug log print it. */
export interface Verdict {
  readonly keep: boolean
  readonly reason?: string
}

interface Named {
  /** the name in `[plugins] enabled` */
  readonly name: string
  /** one line for check-config: what the plugin will do */
  readonly summary: string
}

/** Decides by the project's name, before anything is fetched. */
export interface ProjectFilter extends Named {
  readonly kind: 'project'
  keepProject(name: string): boolean
}
/** Decides by the project's metadata document. */
export interface MetadataFilter extends Named {
  readonly kind: 'metadata'
  keepMetadata(project: Project): boolean
}
/** Decides which releases stay. */
export interface ReleaseFilter extends Named {
  readonly kind: 'release'
  keepRelease(release: Release, project: Project): boolean
}
/** Decides which files of a release stay. */
export interface ReleaseFileFilter extends Named {
  readonly kind: 'release_file'
  keepFile(file: ReleaseFile, release: Release, info: JsonObject): boolean
}
export type Filter = ProjectFilter | MetadataFilter | ReleaseFilter | ReleaseFileFilter
