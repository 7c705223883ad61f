import type { Context } from '../run/context.js'
import type { Ownership } from './ownership.js'

export interface VerifyOptions {
  /** remove files that no project accounts for */
  readonly delete: boolean
  readonly dryRun: boolean
  /** fetch the metadata documents anew first */
  readonly jsonUpdate: boolean
  /** begin with the first project although an earlier verify was stopped half-way */
  readonly restart: boolean
  /** remove even where the guard would refuse */
  readonly yes: boolean
}

export interface Verifying {
  readonly context: Context
  readonly options: VerifyOptions
  readonly owned: Ownership
  /** projects whose files could not be told; while there are any nothing is removed */
  readonly unaccounted: string[]
}
