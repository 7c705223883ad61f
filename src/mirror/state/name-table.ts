import { randomInt } from 'node:crypto'

/**
 * Numbers names, from 0 on, in little memory: a Map of a million names takes ten times as much and longer. A name keeps
 * its number. Names are kept as UTF-8, one after the other; a hash table has their numbers.
 */
export interface NameTable {
  /** how many numbers were given */
  readonly count: number
  /** undefined for a name without a number */
  find(name: string): number | undefined
  findOrAdd(name: string): number
  /** The same for an ASCII name that `bytes` has from `from` to `to`. */
  findOrAddBytes(bytes: Uint8Array, from: number, to: number): number
  nameAt(number: number): string
}

const FIRST_NAMES = 1 << 10
const BYTES_PER_NAME = 16

export function createNameTable(): NameTable {
  // Whoever names projects must not know which names meet.
  const seed = randomInt(2 ** 31)
  let bytes = Buffer.alloc(FIRST_NAMES * BYTES_PER_NAME)
  let starts = new Uint32Array(FIRST_NAMES + 1)
  /** the number of a name, plus one, at the place that its hash tells or behind it; 0: free */
  let slots = new Int32Array(FIRST_NAMES * 2)
  let count = 0

  function hashOf(from: Uint8Array, start: number, end: number): number {
    let hash = seed
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (from[at] ?? 0), 0x01000193)
    hash ^= hash >>> 15
    return Math.imul(hash, 0x2c1b3c6d) >>> 0
  }

  function equals(number: number, other: Uint8Array, from: number, to: number): boolean {
    const start = starts[number] ?? 0
    if ((starts[number + 1] ?? 0) - start !== to - from) return false
    for (let at = start, there = from; there < to; at += 1, there += 1) if (bytes[at] !== other[there]) return false
    return true
  }

  /** The slot that has the name, or the free one where it belongs. */
  function slotOf(other: Uint8Array, from: number, to: number): number {
    const mask = slots.length - 1
    for (let slot = hashOf(other, from, to) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot] ?? 0
      if (found === 0 || equals(found - 1, other, from, to)) return slot
    }
  }

  function grow(): void {
    const larger = new Uint32Array(starts.length * 2)
    larger.set(starts)
    starts = larger
    slots = new Int32Array(slots.length * 2)
    for (let number = 0; number < count; number += 1) {
      slots[slotOf(bytes, starts[number] ?? 0, starts[number + 1] ?? 0)] = number + 1
    }
  }

  function findOrAddBytes(other: Uint8Array, from: number, to: number): number {
    const slot = slotOf(other, from, to)
    const found = slots[slot] ?? 0
    if (found > 0) return found - 1
    const start = starts[count] ?? 0
    const end = start + to - from
    if (end > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(Math.max(bytes.length, end - bytes.length))])
    for (let at = start, there = from; there < to; at += 1, there += 1) bytes[at] = other[there] ?? 0
    slots[slot] = count + 1
    count += 1
    starts[count] = end
    if (count * 2 > slots.length - 2) grow()
    return count - 1
  }

  let scratch = Buffer.alloc(256)
  /** Writes a name into `scratch`. Returns its length. */
  function encode(name: string): number {
    if (name.length * 3 > scratch.length) scratch = Buffer.alloc(name.length * 3)
    for (let at = 0; at < name.length; at += 1) {
      const code = name.charCodeAt(at)
      if (code > 127) return scratch.write(name)
      scratch[at] = code
    }
    return name.length
  }

  return {
    get count() {
      return count
    },
    find(name) {
      const length = encode(name)
      const found = slots[slotOf(scratch, 0, length)] ?? 0
      return found === 0 ? undefined : found - 1
    },
    findOrAdd(name) {
      const length = encode(name)
      return findOrAddBytes(scratch, 0, length)
    },
    findOrAddBytes,
    nameAt: (number) => bytes.toString('utf8', starts[number], starts[number + 1]),
  }
}
