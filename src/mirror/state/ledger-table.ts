import type { LedgerEntry } from './ledger-entry.js'
import { createNameTable } from './name-table.js'

/** An entry that has a serial and a shape and nothing else, and where its name is. */
export interface PlainLine {
  readonly from: number
  readonly to: number
  readonly serial: number
  readonly shape: string
}

/** The entries of a ledger by normalized name, in little memory: a mirror of PyPI has a million of them. */
export interface LedgerTable {
  readonly size: number
  get(name: string): LedgerEntry | undefined
  set(name: string, entry: LedgerEntry): void
  delete(name: string): boolean
  /** Sets an entry that has a serial and a shape and nothing else, without making an object of it. */
  setPlain(name: string, serial: number, shape: string): void
  /** The same for an ASCII name that `bytes` has from `from` to `to`. */
  setPlainBytes(bytes: Uint8Array, line: PlainLine): void
  /** serial and shape of an entry that has nothing else and whose shape is the one given; undefined for any other */
  plainSerial(name: string, shape: string): number | undefined
  /** serial of the pages; undefined where there are no pages */
  pageSerial(name: string): number | undefined
  names(): IterableIterator<string>
  /** The name at a position; undefined where the name has no entry any more. */
  nameAt(position: number): string | undefined
  /** `plainSerial` of the name at a position. */
  plainSerialAt(position: number, shape: string): number | undefined
  /** A number below `positions` that belongs to this name alone, to mark it in an array; undefined where it has no entry. */
  position(name: string): number | undefined
  readonly positions: number
  /** entries that have more than a serial and a shape: what is absent, owed or due */
  exceptions(): Iterable<readonly [string, LedgerEntry]>
  /** how many projects have pages */
  pageCount(): number
}

/** Shapes that can be numbered: a mirror has one, and during an edit two. */
const MOST_SHAPES = 64
/** A longer id is that of one project alone (plan/shape.ts). */
const LONGEST_COMMON = 12
const LARGEST_PACKED = Math.floor(Number.MAX_SAFE_INTEGER / MOST_SHAPES)
const FIRST_CAPACITY = 1 << 10
const DELETED = -1

/**
 * A plain entry is one number: its serial and the number of its shape. Only an entry that is absent, owed, due or
 * spelled in another way takes an object.
 */
export function createLedgerTable(): LedgerTable {
  const names = createNameTable()
  /** serial and number of the shape; DELETED where the name has no entry */
  let packed = new Float64Array(FIRST_CAPACITY)
  let size = 0
  let used = 0
  const objects = new Map<number, LedgerEntry>()
  const shapes: string[] = []
  const numbers = new Map<string, number>()

  function shapeNumber(shape: string): number | undefined {
    const known = numbers.get(shape)
    if (known !== undefined || shapes.length === MOST_SHAPES) return known
    numbers.set(shape, shapes.length)
    return shapes.push(shape) - 1
  }

  /** The position of a name that has an entry. */
  function find(name: string): number | undefined {
    const position = names.find(name)
    return position === undefined || packed[position] === DELETED ? undefined : position
  }

  /** Has the position counted, which gets an entry. */
  function occupy(position: number): number {
    if (position >= packed.length) {
      const larger = new Float64Array(packed.length * 2)
      larger.set(packed)
      packed = larger
    }
    if (position < used && packed[position] !== DELETED) return position
    used = Math.max(used, position + 1)
    size += 1
    packed[position] = 0
    return position
  }

  function setPlainAt(position: number, serial: number, shape: string): void {
    const isCommon = serial <= LARGEST_PACKED && shape.length <= LONGEST_COMMON
    const number = isCommon ? shapeNumber(shape) : undefined
    occupy(position)
    if (number === undefined) objects.set(position, { serial, shape })
    else {
      packed[position] = serial * MOST_SHAPES + number
      objects.delete(position)
    }
  }

  const setPlain = (name: string, serial: number, shape: string): void =>
    setPlainAt(names.findOrAdd(name), serial, shape)

  function entryAt(position: number): LedgerEntry {
    const row = packed[position] ?? 0
    return objects.get(position) ?? { serial: Math.floor(row / MOST_SHAPES), shape: shapes[row % MOST_SHAPES] ?? '' }
  }

  function pageSerialAt(position: number): number | undefined {
    const entry = objects.get(position)
    if (entry === undefined) return Math.floor((packed[position] ?? 0) / MOST_SHAPES)
    return entry.absent === undefined ? entry.serial : undefined
  }

  function plainSerialAt(position: number, shape: string): number | undefined {
    if (objects.has(position)) return undefined
    const row = packed[position] ?? 0
    return shapes[row % MOST_SHAPES] === shape ? Math.floor(row / MOST_SHAPES) : undefined
  }

  return {
    get size() {
      return size
    },
    get(name) {
      const position = find(name)
      return position === undefined ? undefined : entryAt(position)
    },
    set(name, entry) {
      if (isPlain(entry)) setPlain(name, entry.serial, entry.shape)
      else objects.set(occupy(names.findOrAdd(name)), entry)
    },
    setPlain,
    setPlainBytes: (bytes, { from, to, serial, shape }) =>
      setPlainAt(names.findOrAddBytes(bytes, from, to), serial, shape),
    delete(name) {
      const position = find(name)
      if (position === undefined) return false
      objects.delete(position)
      packed[position] = DELETED
      size -= 1
      return true
    },
    plainSerial(name, shape) {
      const position = find(name)
      return position === undefined ? undefined : plainSerialAt(position, shape)
    },
    plainSerialAt,
    pageSerial(name) {
      const position = find(name)
      return position === undefined ? undefined : pageSerialAt(position)
    },
    *names() {
      for (let position = 0; position < used; position += 1) {
        if (packed[position] !== DELETED) yield names.nameAt(position)
      }
    },
    position: find,
    nameAt: (position) => (position >= used || packed[position] === DELETED ? undefined : names.nameAt(position)),
    get positions() {
      return used
    },
    exceptions: () => [...objects].map(([position, entry]) => [names.nameAt(position), entry] as const),
    pageCount() {
      let absent = 0
      for (const entry of objects.values()) if (entry.absent !== undefined) absent += 1
      return size - absent
    },
  }
}

/** An entry has a serial and a shape in any case. */
function isPlain(entry: LedgerEntry): boolean {
  return Object.values(entry).filter((value) => value !== undefined).length === 2
}
