/** Bytes that can be read in part, wherever they are kept. */
export interface Body {
  /** bytes */
  readonly size: number
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Buffer
}

/** Lower-case hex. */
export interface Digests {
  readonly md5: string
  readonly sha256: string
}

/** A file as its author uploads it. */
export interface Upload {
  readonly filename: string
  readonly body: Body
  /** core metadata of the archive (METADATA or PKG-INFO), from which the index takes what it says of the release */
  readonly metadata: Buffer
  /** whether the index serves the metadata beside the file (PEP 658); PyPI does for wheels only */
  readonly servesMetadata: boolean
  /** whether the index links to attestations (PEP 740) */
  readonly attested?: boolean
  /** the attestations that it links to and serves */
  readonly provenance?: Buffer
}

/** An uploaded file in the index. */
export interface IndexFile extends Upload {
  readonly uploadTime: Date
  /** Computed when first asked for: a directory of real wheels is gigabytes. */
  digests(): Digests
}

export interface IndexRelease {
  readonly version: string
  /** in the order of upload */
  files: readonly IndexFile[]
  /** the reason, or true where none was given (PEP 592) */
  yanked: boolean | string
  /** its files are not on the page */
  quarantined?: boolean
}

/** PEP 792 */
export type ProjectStatus = 'active' | 'archived' | 'quarantined'

export interface IndexProject {
  /** as its author spells it */
  name: string
  /** normalized (PEP 503) */
  readonly normalizedName: string
  readonly owner: string
  serial: number
  status: ProjectStatus
  readonly releases: Map<string, IndexRelease>
}

/** One row of the changelog: name, version, seconds since 1970, action, serial. */
export type ChangelogRow = readonly [string, string | null, number, string, number]
