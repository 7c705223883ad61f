import type { LedgerEntry } from './ledger-entry.js'

/** The entries of a ledger by normalized name, in little memory: a mirror of PyPI has a million of them. */
export interface LedgerTable {
  readonly size: number
  get(name: string): LedgerEntry | undefined
  set(name: string, entry: LedgerEntry): void
  delete(name: string): boolean
  /** Sets an entry that has a serial and a shape and nothing else, without making an object of it. */
  setPlain(name: string, serial: number, shape: string): void
  /** serial and shape of an entry that has nothing else and whose shape is the one given; undefined for any other */
  plainSerial(name: string, shape: string): number | undefined
  /** serial of the pages; undefined where there are no pages */
  pageSerial(name: string): number | undefined
  names(): IterableIterator<string>
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

/**
 * A plain entry is one number: its serial and the number of its shape. Only an entry that is absent, owed, due or
 * spelled in another way takes an object.
 */
export function createLedgerTable(): LedgerTable {
  const positions = new Map<string, number>()
  const names: string[] = []
  let packed = new Float64Array(FIRST_CAPACITY)
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

  function positionFor(name: string): number {
    const known = positions.get(name)
    if (known !== undefined) return known
    if (used === packed.length) {
      const larger = new Float64Array(packed.length * 2)
      larger.set(packed)
      packed = larger
    }
    positions.set(name, used)
    names.push(name)
    used += 1
    return used - 1
  }

  function setPlain(name: string, serial: number, shape: string): void {
    const isCommon = serial <= LARGEST_PACKED && shape.length <= LONGEST_COMMON
    const number = isCommon ? shapeNumber(shape) : undefined
    const position = positionFor(name)
    if (number === undefined) objects.set(position, { serial, shape })
    else {
      packed[position] = serial * MOST_SHAPES + number
      objects.delete(position)
    }
  }

  function entryAt(position: number): LedgerEntry {
    const row = packed[position] ?? 0
    return objects.get(position) ?? { serial: Math.floor(row / MOST_SHAPES), shape: shapes[row % MOST_SHAPES] ?? '' }
  }

  return {
    get size() {
      return positions.size
    },
    get(name) {
      const position = positions.get(name)
      return position === undefined ? undefined : entryAt(position)
    },
    set(name, entry) {
      if (isPlain(entry)) setPlain(name, entry.serial, entry.shape)
      else objects.set(positionFor(name), entry)
    },
    setPlain,
    delete(name) {
      const position = positions.get(name)
      if (position !== undefined) objects.delete(position)
      return positions.delete(name)
    },
    plainSerial(name, shape) {
      const position = positions.get(name)
      if (position === undefined || objects.has(position)) return undefined
      const row = packed[position] ?? 0
      return shapes[row % MOST_SHAPES] === shape ? Math.floor(row / MOST_SHAPES) : undefined
    },
    pageSerial(name) {
      const position = positions.get(name)
      if (position === undefined) return undefined
      const entry = objects.get(position)
      if (entry === undefined) return Math.floor((packed[position] ?? 0) / MOST_SHAPES)
      return entry.absent === undefined ? entry.serial : undefined
    },
    names: () => positions.keys(),
    position: (name) => positions.get(name),
    get positions() {
      return used
    },
    exceptions: () => [...objects].map(([position, entry]) => [names[position] ?? '', entry] as const),
    pageCount() {
      let absent = 0
      for (const entry of objects.values()) if (entry.absent !== undefined) absent += 1
      return positions.size - absent
    },
  }
}

/** An entry has a serial and a shape in any case. */
function isPlain(entry: LedgerEntry): boolean {
  return Object.values(entry).filter((value) => value !== undefined).length === 2
}
