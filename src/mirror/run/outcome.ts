import type { FileSpec } from '../../model/files.js'
import type { FileState } from '../../storage/types.js'

/** What became of one project; a value, for only bugs are thrown. */
export type Outcome =
  | { readonly kind: 'synced'; readonly name: string; readonly serial: number; readonly changed: readonly string[] }
  /** upstream has it no more */
  | { readonly kind: 'gone'; readonly name: string }
  /** a metadata filter does not want it */
  | { readonly kind: 'filtered'; readonly name: string }
  /** its name or all of its files must not be mirrored; asking again would not help */
  | { readonly kind: 'refused'; readonly reason: string }
  /** `passing`: what went wrong may go right later in the same run */
  | { readonly kind: 'failed'; readonly reason: string; readonly passing: boolean }

/** A file that is missing or wrong. */
export interface OwedFile {
  readonly spec: FileSpec
  readonly state: FileState
}

export interface FilesOutcome {
  /** keys of the files that were stored */
  readonly fetched: string[]
  /** one line per file that could not be had */
  readonly failures: string[]
}
