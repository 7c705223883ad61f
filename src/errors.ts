/** Exit codes of the program; docs/operation.md explains each to the admin. */
export const EXIT = {
  ok: 0,
  /** the run ended, but something failed or is still owed */
  incomplete: 1,
  /** configuration or command line is wrong; nothing was written */
  config: 2,
  /** there is nothing to verify here, as bandersnatch 8.0 has it */
  nothing: 3,
  /** another run holds the lock */
  locked: 4,
  /** the mirror's storage cannot be read or written (full, read-only, gone) */
  storage: 5,
  /** `verify --delete` refused to remove so much; else everything was done */
  refused: 6,
  /** the upstream index could not be asked what changed */
  upstream: 7,
  sigint: 130,
  sigterm: 143,
} as const

/** An error that a user can cause or must know of: one clear line and an exit code. */
export class BandersnatchError extends Error {
  readonly exitCode: number = EXIT.incomplete
  override readonly name: string = 'BandersnatchError'
}

/** A wrong configuration or command line: names file, section, option, value and what is allowed. */
export class ConfigError extends BandersnatchError {
  override readonly name = 'ConfigError'
  override readonly exitCode = EXIT.config
}

/** The configuration file does not exist; the caller writes an example there. */
export class ConfigMissingError extends BandersnatchError {
  override readonly name = 'ConfigMissingError'
  override readonly exitCode = EXIT.incomplete
}

export type UpstreamErrorKind =
  | 'connect' // refused, reset, DNS, TLS
  | 'timeout'
  | 'status' // an answer other than 2xx, 304 and (where expected) 404
  | 'content' // HTML instead of JSON, cut off, malformed, wrong shape
  | 'too-large'
  | 'stale' // an older serial than the one announced
  | 'refused' // a redirect or URL that must not be followed
  | 'out-of-order' // nearly all requests failed in one way: the run should end

/** The upstream index or a file host did not give what was asked for. */
export class UpstreamError extends BandersnatchError {
  override readonly name = 'UpstreamError'
  override readonly exitCode = EXIT.upstream
  constructor(
    readonly kind: UpstreamErrorKind,
    message: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Bytes do not have the size or digest that the index promises. */
export class IntegrityError extends BandersnatchError {
  override readonly name = 'IntegrityError'
}

/** The storage refused: no space, no inodes, no permission, directory gone. The run cannot go on. */
export class StorageError extends BandersnatchError {
  override readonly name = 'StorageError'
  override readonly exitCode = EXIT.storage
}

/** Another run holds the mirror's lock. */
export class LockedError extends BandersnatchError {
  override readonly name = 'LockedError'
  override readonly exitCode = EXIT.locked
}

/**
 * A name, filename or URL from upstream that must not become a path, or something in the place of a file or directory of
 * the mirror. A run notes it as one project's failure; where no project is concerned, the mirror cannot be written.
 */
export class UnsafePathError extends BandersnatchError {
  override readonly name = 'UnsafePathError'
  override readonly exitCode = EXIT.storage
}

/** A document from upstream that is not what the specification says. */
export class InvalidDocumentError extends BandersnatchError {
  override readonly name = 'InvalidDocumentError'
}

/** The system's code of a failed call (`ENOENT`, `ECONNRESET`) or that of Node and its libraries; '' where there is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The text of an error with its chain of causes, in one line without stack traces. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.message || error.name
  const cause = error.cause
  if (cause === undefined || cause === null) return own
  const text = errorText(cause)
  return text === '' || own.includes(text) ? own : `${own}: ${text}`
}
