import type { Project, Release } from '../model/project.js'
import type { AdvisoryIndex } from './advisory-index.js'

/** `[osv] action`: what becomes of files of a blocked release that are mirrored already. */
export type AdvisoryAction = 'unlist' | 'delete'

/** A release filter (filters/types.ts) that says why it drops a release. */
export interface OsvFilter {
  readonly kind: 'release'
  readonly name: 'osv_malware'
  readonly summary: string
  /** Without the index: its part is `projectFingerprint`, so an update concerns only the projects that it names. */
  readonly settings: unknown
  readonly pageSuffices: true
  readonly keepRelease: (release: Release, project: Project) => boolean
  /** part of what shapes a project beside the settings; empty where nothing is known of it */
  readonly projectFingerprint: (name: string) => string
  /** ids of the advisories on a release, for `--explain`; none: it is kept */
  readonly reasons: (release: Release, project: Project) => readonly string[]
}

/** osv_malware: drops the releases that an advisory of the index affects. */
export function osvMalware(index: AdvisoryIndex, action: AdvisoryAction): OsvFilter {
  const reasons: OsvFilter['reasons'] = (release, project) => index.blocking(project.name, release.version)
  return {
    kind: 'release',
    name: 'osv_malware',
    summary: `drops releases that OSV's advisories name; what is mirrored of them is ${action === 'delete' ? 'deleted' : 'no longer listed'}`,
    settings: [action],
    pageSuffices: true,
    keepRelease: (release, project) => reasons(release, project).length === 0,
    projectFingerprint: index.fingerprint,
    reasons,
  }
}
