import { BandersnatchError } from '../../errors.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import { formatEntry, parseEntry } from './ledger-entry.js'
import { createLedgerTable } from './ledger-table.js'
import type { LedgerTable } from './ledger-table.js'

const HEADER = '# bandersnatch ledger '
const VERSION = '1'
/** Begins the line of a project that the ledger no longer has. */
const FORGOTTEN = '- '
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
  const text = (await storage.read(LAYOUT.ledger))?.toString('utf8')
  const table = createLedgerTable()
  if (text === undefined) return keptLedger(storage, table, { found: false, lines: 0, damaged: 0 })
  const header = text.slice(0, text.indexOf('\n'))
  if (header.startsWith(HEADER) && header !== HEADER + VERSION) {
    throw new BandersnatchError(
      `${storage.location(LAYOUT.ledger)} was written by another version of this program ` +
        `("${header.slice(0, 80)}"). Use that version, or remove the file: the next run makes it anew from the pages`,
    )
  }
  return keptLedger(storage, table, { found: true, ...readLines(text, table) })
}

/** Reads `text` into the table. A last line without its line end is one that was cut off. */
function readLines(text: string, table: LedgerTable): { readonly lines: number; readonly damaged: number } {
  let lines = 0
  let damaged = text.endsWith('\n') || text === '' ? 0 : 1
  if (!text.startsWith(HEADER + VERSION)) damaged += 1
  for (let from = 0, to = text.indexOf('\n'); to >= 0; from = to + 1, to = text.indexOf('\n', from)) {
    lines += 1
    if (to === from || text.charAt(from) === '#' || readPlain(text, from, to, table)) continue
    const line = text.slice(from, to)
    if (line.startsWith(FORGOTTEN)) {
      table.delete(line.slice(FORGOTTEN.length))
      continue
    }
    const parsed = parseEntry(line)
    if (parsed === undefined) damaged += 1
    else table.set(...parsed)
  }
  return { lines, damaged }
}

const PLAIN_SERIAL = /^\d{1,15}$/
const PLAIN_SHAPE = /^[0-9a-f]{1,64}$/

/** The short form, `name serial shape`, of which a large mirror has a million. */
function readPlain(text: string, from: number, to: number, table: LedgerTable): boolean {
  const first = text.indexOf(' ', from)
  if (first <= from || first > to) return false
  const second = text.indexOf(' ', first + 1)
  if (second < 0 || second > to) return false
  const third = text.indexOf(' ', second + 1)
  if (third >= 0 && third < to) return false
  const serial = text.slice(first + 1, second)
  const shape = text.slice(second + 1, to)
  if (!PLAIN_SERIAL.test(serial) || !PLAIN_SHAPE.test(shape)) return false
  table.setPlain(text.slice(from, first), Number(serial), shape)
  return true
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
