import type { Removal } from '../run/report.js'
import type { LedgerEntry } from '../state/ledger-entry.js'

/** The line of a project of which nothing is owed any more. */
export function withoutOwed(entry: LedgerEntry): LedgerEntry {
  const { owed, ...others } = entry
  return owed === undefined ? entry : others
}

/** What a removal is reported as. A requirement that upstream dropped is upstream's doing. */
export const REMOVALS: Readonly<Record<'filters' | 'closure' | 'withdrawn', Pick<Removal, 'reason' | 'by'>>> = {
  filters: { reason: 'the project filters no longer want it', by: 'admin' },
  closure: { reason: 'nothing needs it any more', by: 'upstream' },
  withdrawn: { reason: 'upstream no longer lists it', by: 'upstream' },
}
