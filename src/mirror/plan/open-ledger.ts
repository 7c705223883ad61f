import { hasPages } from '../project/stored.js'
import type { Context } from '../run/context.js'
import { adoptProjects } from '../state/adopt.js'
import type { Adopted } from '../state/adopt.js'
import { recoverRun } from '../state/recover.js'
import type { RunNotes } from '../state/run-notes.js'
import type { State } from '../state/status-files.js'

export interface OpenOptions {
  readonly notes: RunNotes
  readonly state: State
  /** also look for pages that the ledger does not know */
  readonly thorough: boolean
  /** change nothing on disk */
  readonly readOnly: boolean
}

/** The ledger with what an interrupted run left, and with what another program or an earlier version made. */
export async function openLedger(
  context: Context,
  { notes, state, thorough, readOnly }: OpenOptions,
): Promise<Adopted> {
  const { storage, config, bootId } = context
  const ledger = await context.ledger()
  await recoverRun(storage, ledger, {
    todo: state.todo,
    bootId,
    hasPages: (name) => hasPages(storage, config, name),
    readOnly,
  })
  return adoptProjects(context, { ledger, notes, thorough })
}
