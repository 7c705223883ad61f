import { counted } from '../../count.js'
import type { FileSpec } from '../../model/files.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import type { FileState } from '../../storage/types.js'

/** What became of one project; a value, for only bugs are thrown. */
export type Outcome =
  | Synced
  /** upstream has no files of it, or put it into quarantine, and says so */
  | { readonly kind: 'empty' }
  /** upstream answers that it does not have it */
  | { readonly kind: 'missing' }
  /** a metadata filter does not want it */
  | { readonly kind: 'filtered'; readonly serial: number; readonly withheld: Withheld }
  /** advisories block all of its releases; `reason` names them */
  | { readonly kind: 'blocked'; readonly serial: number; readonly reason: string; readonly withheld: Withheld }
  /** its name or all of its files must not be mirrored; asking again would not help */
  | { readonly kind: 'refused'; readonly reason: string; readonly serial: number }
  /** `run-for` ended before all of its files were there: it stays as it was */
  | { readonly kind: 'postponed' }
  /** `passing`: what went wrong may go right later in the same run */
  | { readonly kind: 'failed'; readonly reason: string; readonly passing: boolean }

/** Its pages are written. */
export interface Synced {
  readonly kind: 'synced'
  /** of the pages */
  readonly serial: number
  readonly rawName: string
  /** keys of what was written, as the diff file lists them */
  readonly changed: readonly string[]
  /** why some of its files are left out; undefined where nothing is missing */
  readonly owed: string | undefined
  /** its pages name files that carry the name of another project */
  readonly foreign: boolean
  readonly withheld: Withheld
  /** other projects whose pages name a file that this one replaced */
  readonly disturbed: readonly string[]
}

/** What the mirror has not, and when that changes without any change upstream. */
export type Withheld = Pick<LedgerEntry, 'due' | 'held' | 'blocked'>

/** A file that is missing or wrong. */
export interface OwedFile {
  readonly spec: FileSpec
  readonly state: FileState
}

export interface FilesOutcome {
  /** keys of the files that were stored */
  readonly fetched: string[]
  /** key -> why that file could not be had */
  readonly failed: Map<string, string>
  /** `run-for` ended before all files were tried */
  postponed?: true
}

export interface FetchOptions {
  /** stop after a few failures: the project failed in several runs before */
  readonly cautious: boolean
}

/** The first reason and how many more there are; undefined where there is none. */
export function failureText([first, ...more]: readonly string[]): string | undefined {
  if (first === undefined || more.length === 0) return first
  return `${first} (and ${counted(more.length, 'more file')})`
}
