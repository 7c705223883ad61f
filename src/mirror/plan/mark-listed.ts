import { normalizeName } from '../../packaging/name.js'
import type { PlanInput } from './types.js'

/** What one pass over the list tells. Marks in arrays, as there are a million projects in the list and in the ledger. */
interface Marks {
  /** by position in the ledger: how often the list names the project, at most 2 */
  readonly counts: Uint8Array
  /** by place in the list: 1 where there may be something to do */
  readonly isOpen: Uint8Array
  readonly open: number
  /** the highest serial */
  readonly newest: number
  /** names that are listed with something that is no serial */
  readonly unreadable: ReadonlySet<string>
  /** whether the list names one of the projects in `asked` */
  has(name: string): boolean
}

export interface MarkOptions {
  /** normalized names of which `has` will be asked */
  readonly asked: readonly ReadonlyMap<string, unknown>[]
  /** whether nothing can be to do for a project of the ledger */
  readonly isSettled: (name: string, serial: number, position: number) => boolean
}

export function markListed({ changes, ledger }: PlanInput, { asked, isSettled }: MarkOptions): Marks {
  const counts = new Uint8Array(ledger.positions)
  const isOpen = new Uint8Array(changes.list?.projects.size ?? 0)
  /** that the ledger does not have */
  const others = new Set<string>()
  let [index, open, newest] = [0, 0, 0]
  for (const [rawName, serial] of changes.list?.projects ?? []) {
    const name = normalizeName(rawName)
    const position = ledger.position(name)
    if (serial > newest) newest = serial
    if (position !== undefined) counts[position] = Math.min(2, (counts[position] ?? 0) + 1)
    else if (asked.some((names) => names.has(name))) others.add(name)
    if (position === undefined || !isSettled(name, serial, position)) {
      isOpen[index] = 1
      open += 1
    }
    index += 1
  }
  return {
    counts,
    isOpen,
    open,
    newest,
    unreadable: new Set([...(changes.list?.unreadable ?? [])].map(normalizeName)),
    has: (name) => (counts[ledger.position(name) ?? -1] ?? 0) > 0 || others.has(name),
  }
}
