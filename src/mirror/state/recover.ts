import { LAYOUT } from '../../model/layout.js'
import { normalizeName } from '../../packaging/name.js'
import type { Storage } from '../../storage/types.js'
import { readJournal } from './journal.js'
import type { Ledger } from './ledger.js'
import type { Todo } from './status-files.js'

export interface RecoverOptions {
  /** what the interrupted run owes, where its journal may not tell all that it began */
  readonly todo: Todo | undefined
  readonly bootId: string
  /** whether the mirror serves a page of a project */
  readonly hasPages: (name: string) => Promise<boolean>
  /** change nothing on disk */
  readonly readOnly: boolean
}

/**
 * Takes what an interrupted run noted into the ledger: what it finished, and of what it had begun that nobody knows the
 * shape of its pages. Returns whether a run was interrupted.
 */
export async function recoverRun(storage: Storage, ledger: Ledger, options: RecoverOptions): Promise<boolean> {
  const journal = await readJournal(storage, options.bootId)
  if (journal === undefined) return false
  for (const [name, entry] of journal.finished) {
    if (entry === undefined) ledger.delete(name)
    else ledger.set(name, entry)
  }
  const doubtful = new Set(journal.begun)
  if (!journal.complete) {
    for (const rawName of options.todo?.projects.keys() ?? []) {
      const name = normalizeName(rawName)
      if (!journal.finished.has(name)) doubtful.add(name)
    }
  }
  for (const name of doubtful) {
    const entry = ledger.get(name)
    if (entry !== undefined) ledger.set(name, { ...entry, shape: '' })
    else if (journal.begun.has(name) && (await options.hasPages(name))) ledger.set(name, { serial: 0, shape: '' })
  }
  if (!options.readOnly) {
    await ledger.save()
    await storage.remove(LAYOUT.journal)
  }
  return true
}
