import type { LedgerEntry } from '../state/ledger-entry.js'
import type { ProjectRef, WorkItem } from './types.js'

/** A project that a command asks upstream for by its name, without upstream's list and whatever its serial is. */
export function askedItem(
  { name, rawName }: ProjectRef,
  entry: LedgerEntry | undefined,
  madeWith?: WorkItem['madeWith'],
): WorkItem {
  return {
    name,
    rawName,
    serial: 0,
    reason: 'forced',
    render: false,
    listed: undefined,
    removed: false,
    entry,
    madeWith,
  }
}
