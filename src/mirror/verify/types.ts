import type { Context } from '../run/context.js'
import type { Withdrawal } from '../run/work-result.js'
import type { Ledger } from '../state/ledger.js'
import type { Journal } from '../state/journal.js'
import type { RunNotes } from '../state/run-notes.js'
import type { Ownership } from './ownership.js'

export interface VerifyOptions {
  /** remove files that no served page names and no project accounts for */
  readonly delete: boolean
  readonly dryRun: boolean
  /** fetch the metadata documents anew first */
  readonly jsonUpdate: boolean
  /** begin with the first project although an earlier verify was stopped half-way */
  readonly restart: boolean
  /** remove even where the guard would refuse */
  readonly yes: boolean
  /** check the stored attestations again, too */
  readonly attestations?: boolean
}

/** A `verify` at work. */
export interface Verifying {
  readonly context: Context
  readonly options: VerifyOptions
  readonly ledger: Ledger
  readonly notes: RunNotes
  /** told before pages are written and when they are; undefined in a dry run */
  readonly journal: Journal | undefined
  /** release files that a served page names or a project accounts for */
  readonly owned: Ownership
  /** projects whose files are not known; while there are any nothing is removed */
  readonly unaccounted: string[]
  /** projects that upstream no longer has, to be removed under the guard */
  readonly withdrawn: Withdrawal[]
  /** whether upstream lists a project: asked once, when upstream says that it does not have one */
  readonly listed: (name: string) => Promise<boolean>
}
