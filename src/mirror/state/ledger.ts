import { BandersnatchError } from '../../errors.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import { formatEntry } from './ledger-entry.js'
import { FORGOTTEN, HEADER, LINE_FEED, VERSION, readLines } from './ledger-lines.js'
import { createLedgerTable } from './ledger-table.js'
import type { LedgerTable } from './ledger-table.js'

/** The file is written anew when it has so many more lines than entries, or when so large a share of it changed. */
const SPARE_LINES = 10_000
const LARGE_SHARE = 0.25

/** The ledger of a mirror: what is served of every project, and why. See docs/architecture.md. */
export interface Ledger extends LedgerTable {
  /** false where the mirror has no ledger yet, or lost it */
  readonly found: boolean
  /** lines that could not be read: the projects in them are unknown */
  readonly damaged: number
  /** Stores what was set and deleted since the last call. */
  save(): Promise<void>
}

/** Stands for the ledger in a run that has nothing to look up in it. */
export function unreadLedger(storage: Storage): Ledger {
  return keptLedger(storage, createLedgerTable(), { found: true, lines: 0, damaged: 0 })
}

/** @throws BandersnatchError for a ledger of a version that this program does not know */
export async function loadLedger(storage: Storage): Promise<Ledger> {
  const bytes = await storage.read(LAYOUT.ledger)
  const table = createLedgerTable()
  if (bytes === undefined) return keptLedger(storage, table, { found: false, lines: 0, damaged: 0 })
  const header = bytes.toString('utf8', 0, Math.max(0, bytes.indexOf(LINE_FEED)))
  if (header.startsWith(HEADER) && header !== HEADER + VERSION) {
    throw new BandersnatchError(
      `${storage.location(LAYOUT.ledger)} was written by another version of this program ` +
        `("${header.slice(0, 80)}"). Use that version, or remove the file: the next run makes it anew from the pages`,
    )
  }
  return keptLedger(storage, table, { found: true, ...readLines(bytes, table) })
}

interface FileState {
  readonly found: boolean
  readonly lines: number
  readonly damaged: number
}

function keptLedger(storage: Storage, table: LedgerTable, file: FileState): Ledger {
  const touched = new Set<string>()
  let { lines } = file
  let whole = !file.found || file.damaged > 0

  async function save(): Promise<void> {
    if (touched.size === 0 && !(whole && table.size > 0)) return
    const grows = lines + touched.size > table.size + SPARE_LINES
    const metered = storage.properties.metered
    if (whole || grows || metered || touched.size > table.size * LARGE_SHARE) {
      await storage.writeStream(LAYOUT.ledger, allLines(table))
      lines = table.size + 1
      whole = false
    } else {
      await storage.append(
        LAYOUT.ledger,
        [...touched]
          .sort()
          .map((name) => changedLine(table, name))
          .join(''),
      )
      lines += touched.size
    }
    touched.clear()
  }

  return {
    ...table,
    get size() {
      return table.size
    },
    get positions() {
      return table.positions
    },
    found: file.found,
    damaged: file.damaged,
    set(name, entry) {
      table.set(name, entry)
      touched.add(name)
    },
    setPlain(name, serial, shape) {
      table.setPlain(name, serial, shape)
      touched.add(name)
    },
    delete(name) {
      const existed = table.delete(name)
      if (existed) touched.add(name)
      return existed
    },
    save,
  }
}

function changedLine(table: LedgerTable, name: string): string {
  const entry = table.get(name)
  return entry === undefined ? `${FORGOTTEN}${name}\n` : `${formatEntry(name, entry)}\n`
}

function* allLines(table: LedgerTable): Generator<string> {
  yield `${HEADER}${VERSION}\n`
  for (const name of [...table.names()].sort()) yield changedLine(table, name)
}
