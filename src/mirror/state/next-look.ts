import type { Storage } from '../../storage/types.js'
import type { LedgerEntry } from './ledger-entry.js'
import type { Ledger } from './ledger.js'
import { loadNotes, saveNotes } from './run-notes.js'
import type { RunNotes } from './run-notes.js'

type Looks = Pick<RunNotes, 'nextLook' | 'held' | 'blocked'>

/** When a project must be looked at again that neither upstream nor `todo` will name, and what the mirror has not. */
export function looksOf(entries: Iterable<readonly [string, LedgerEntry]>): Looks {
  let next: number | undefined
  let held = 0
  let blocked = 0
  for (const [, entry] of entries) {
    const { due, absent, owed } = entry
    held += entry.held ?? 0
    blocked += entry.blocked ?? 0
    for (const time of [due, absent === 'gone' ? owed?.next : undefined]) {
      if (time !== undefined && (next === undefined || time < next)) next = time
    }
  }
  return { nextLook: next, held, blocked }
}

/**
 * Stores the ledger of a command other than `mirror`. The notes come first: a quiet run reads nothing else, and must
 * look at a project that this command held back.
 */
export async function saveWithLooks(storage: Storage, ledger: Ledger): Promise<void> {
  const notes = await loadNotes(storage)
  await saveNotes(storage, { ...notes, ...looksOf(ledger.exceptions()) }, notes)
  await ledger.save()
}
