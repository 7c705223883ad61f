import { ConfigError } from '../../errors.js'

export type LockFormat = 'uv' | 'pylock' | 'poetry' | 'pdm' | 'requirements'

/** A file that a lock file names. */
export interface LockedFile {
  /** null: any file of the release that has one of the hashes */
  readonly name: string | null
  /** algorithm -> digest in lower-case hex; empty where the lock file has none */
  readonly hashes: ReadonlyMap<string, string>
  /** bytes; undefined where the lock file does not say */
  readonly size: number | undefined
}

/** What a lock file asks a mirror for. */
export interface LockedPackage {
  /** normalized */
  readonly name: string
  /** undefined: not pinned, see `specifier` */
  readonly version: string | undefined
  readonly files: readonly LockedFile[]
  /** environment marker as the lock file has it */
  readonly marker: string | undefined
  readonly extras: readonly string[]
  /** version specifiers where the version is not pinned; '' admits all */
  readonly specifier: string | undefined
  /** URL of an index other than PyPI that the package comes from */
  readonly index: string | undefined
  /** where the file has it */
  readonly place: Place
}

/**
 * `project`: the locked project itself, of which nothing need be said. `constraint`: a version that only a -c file names.
 * `option`: an index or format option of a requirements file that a mirror does not follow.
 */
export type LockWarningKind =
  | ('vcs' | 'url' | 'path' | 'directory' | 'editable' | 'project' | 'index' | 'local-index')
  | ('no-hash' | 'weak-hash' | 'no-files' | 'duplicate' | 'option' | 'constraint' | 'missing-file' | 'newer-version')

export interface LockWarning {
  readonly kind: LockWarningKind
  /** normalized name */
  readonly package: string | undefined
  readonly file: string
  /** 1-based; the first line of the entry */
  readonly line: number | undefined
  /** the URL, path, option or version that it is about */
  readonly detail: string
}

export interface LockContent {
  readonly format: LockFormat
  /** in the order of the file */
  readonly packages: readonly LockedPackage[]
  /** by file and line */
  readonly warnings: readonly LockWarning[]
}

export type LockErrorKind =
  | ('syntax' | 'version' | 'missing' | 'type' | 'hash' | 'name' | 'file-version')
  | ('cycle' | 'requirement' | 'unreadable')

export interface Place {
  readonly file: string
  readonly line: number | undefined
}

/** The text of a lock file and the path that messages name. */
export interface Source {
  readonly file: string
  readonly text: string
}

/** A lock file that cannot be followed. The message names file and line. */
export class LockFileError extends ConfigError {
  constructor(
    readonly kind: LockErrorKind,
    readonly place: Place,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${place.file}${place.line === undefined ? '' : `:${place.line}`}: ${what}`, options)
  }
}
