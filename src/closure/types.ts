import type { Environment } from '../packaging/environment.js'
import type { SdistPolicy } from '../packaging/file-selector.js'
import type { Requirement } from '../packaging/requirement.js'

/** A file that upstream's page lists. */
export interface CandidateFile {
  readonly filename: string
  /** `Requires-Python` as the page gives it */
  readonly requiresPython: string | undefined
  readonly isYanked: boolean
  /** bytes, where the page tells it */
  readonly size?: number
  /** digest of the file itself, such as `sha256:HEX`, by which a stored answer about it is known again */
  readonly digest: string | undefined
  /**
   * Digest of the file's core metadata, where the page tells it: files with the same one are asked only once.
   * Of the wheels without one, only one is asked in each release.
   */
  readonly metadataKey: string | undefined
}

export interface CandidateRelease {
  /** as upstream spells it */
  readonly version: string
  readonly files: readonly CandidateFile[]
}

/** What a file says that it needs, as plain data that can be stored. */
export interface FileRequirements {
  /** the lines of Requires-Dist */
  readonly requires: readonly string[]
  /** `build-system.requires` of an sdist's pyproject.toml; empty for a wheel, or where nobody read it */
  readonly buildRequires: readonly string[]
  /** what the admin should know of where this comes from */
  readonly note?: string
}

/** What the closure asks of the world. Both answers may come from what an earlier run stored. */
export interface ClosureOracle {
  /** undefined: upstream has no such project. `name` is normalized. */
  releasesOf(name: string): Promise<readonly CandidateRelease[] | undefined>
  /** undefined: nobody can say; the release is kept without what it needs, and a note tells that. */
  metadataOf(name: string, version: string, file: CandidateFile): Promise<FileRequirements | undefined>
}

/** A requirement that the admin wrote. */
export interface Root {
  readonly requirement: Requirement
  /** the line as written */
  readonly line: string
  /** where it stands, such as `requirements.txt:3` */
  readonly source: string
}

export interface ClosureOptions {
  readonly environments: readonly Environment[]
  /** how many of the newest releases that a requirement admits are kept; 0: all */
  readonly versions: number
  readonly sdists: SdistPolicy
  /** whether what sdists need to be built is kept; `when-needed`: where an environment has no wheel */
  readonly buildRequires: 'never' | 'when-needed' | 'always'
  /** the most projects; the closure stops above it */
  readonly limit: number
}

/** Who needs a project: a release, or a root where `version` is undefined and `name` is its source. */
export interface Requirer {
  readonly name: string
  readonly version: string | undefined
}

/** A requirement that counts in some environments. */
export interface Edge {
  readonly from: Requirer
  /** normalized name of the project that is needed */
  readonly to: string
  /** the requirement's line as written */
  readonly line: string
  /** true: needed to build the requirer's sdist */
  readonly isBuild: boolean
  /** names of the environments, in the configuration's order */
  readonly environments: readonly string[]
}

export interface KeptRelease {
  readonly version: string
  /** file names in upstream's order */
  readonly files: readonly string[]
  /** names of the environments that may install it */
  readonly environments: readonly string[]
}

export interface Member {
  readonly name: string
  /** newest first */
  readonly releases: readonly KeptRelease[]
  /** who needs it, sorted */
  readonly neededBy: readonly Edge[]
}

/** A requirement that no release meets: upstream has no such project, or no version or file that fits. */
export interface Missing {
  readonly edge: Edge
  readonly reason: 'no-project' | 'no-version' | 'no-file'
}

export interface ClosureNote {
  readonly kind: 'unreadable-requirement' | 'direct-reference' | 'marker-error' | 'no-metadata' | 'metadata-source'
  readonly from: Requirer
  readonly detail: string
}

/** One link of the chain that explains why a release is kept: this requirement admits the next link's release. */
export interface WhyLink {
  readonly from: Requirer
  readonly line: string
  readonly to: string
  readonly version: string
}

export interface Closure {
  /** by name, sorted */
  readonly members: ReadonlyMap<string, Member>
  readonly missing: readonly Missing[]
  readonly notes: readonly ClosureNote[]
  /** The shortest chain of requirements from a root to the project or to one of its releases; [] if it is not kept. */
  why(name: string, version?: string): readonly WhyLink[]
}

export interface TooLarge {
  /** more than the limit */
  readonly projects: number
  /** the roots that bring the most projects, largest first */
  readonly widest: readonly { readonly root: Root; readonly projects: number }[]
}

export type ClosureResult =
  { readonly ok: true; readonly closure: Closure } | { readonly ok: false; readonly tooLarge: TooLarge }
