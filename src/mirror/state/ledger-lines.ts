import { parseEntry } from './ledger-entry.js'
import type { LedgerTable } from './ledger-table.js'

export const HEADER = '# bandersnatch ledger '
export const VERSION = '1'
/** Begins the line of a project that the ledger no longer has. */
export const FORGOTTEN = '- '

export const LINE_FEED = 0x0a
const SPACE = 0x20
const HASH = 0x23
const ZERO = 0x30
const NINE = 0x39
const MOST_DIGITS = 15
const MOST_HEX = 64

/** Reads a ledger into the table. A last line without its line end is one that was cut off. */
export function readLines(bytes: Buffer, table: LedgerTable): { readonly lines: number; readonly damaged: number } {
  const plain = createPlainReader(bytes, table)
  let lines = 0
  let damaged = bytes.at(-1) === LINE_FEED || bytes.length === 0 ? 0 : 1
  if (!bytes.toString('utf8', 0, HEADER.length + VERSION.length).startsWith(HEADER + VERSION)) damaged += 1
  for (let from = 0, to = bytes.indexOf(LINE_FEED); to >= 0; from = to + 1, to = bytes.indexOf(LINE_FEED, from)) {
    lines += 1
    if (to === from || bytes[from] === HASH || plain(from, to)) continue
    const line = bytes.toString('utf8', from, to)
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

/** Reads lines in the short form, `name serial shape`, of which a large mirror has a million; false for any other line. */
function createPlainReader(bytes: Buffer, table: LedgerTable): (from: number, to: number) => boolean {
  /** nearly all lines have the shape of the line before */
  let shape = ''
  let shapeAt = 0

  function readShape(from: number, to: number): boolean {
    if (to - from < 1 || to - from > MOST_HEX) return false
    let isSame = to - from === shape.length
    for (let at = from; at < to && isSame; at += 1) isSame = bytes[at] === bytes[shapeAt + at - from]
    if (isSame) return true
    const text = bytes.toString('latin1', from, to)
    if (!/^[0-9a-f]+$/.test(text)) return false
    shape = text
    shapeAt = from
    return true
  }

  return (from, to) => {
    let at = from
    for (let byte = bytes[at] ?? 0; byte !== SPACE; byte = bytes[at] ?? 0) {
      if (byte > 127 || at === to) return false
      at += 1
    }
    const nameEnd = at
    let serial = 0
    const digits = at + 1
    for (at = digits; at < to; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte < ZERO || byte > NINE) break
      serial = serial * 10 + byte - ZERO
    }
    if (nameEnd === from || at === digits || at - digits > MOST_DIGITS || bytes[at] !== SPACE) return false
    if (!readShape(at + 1, to)) return false
    table.setPlainBytes(bytes, { from, to: nameEnd, serial, shape })
    return true
  }
}
