/**
 * Which stored files belong to a project, in eight bytes each: a mirror of all of PyPI has sixteen million.
 * Two keys with one fingerprint keep both files, so a collision never loses one.
 */
export interface Ownership {
  add(key: string): void
  /** how many keys were added */
  readonly count: number
  has(key: string): boolean
}

const FIRST_CAPACITY = 1 << 12

export function createOwnership(): Ownership {
  let prints = new Float64Array(FIRST_CAPACITY)
  let count = 0
  let sorted = true
  return {
    add(key) {
      if (count === prints.length) {
        const larger = new Float64Array(prints.length * 2)
        larger.set(prints)
        prints = larger
      }
      prints[count] = fingerprint(key)
      count += 1
      sorted = false
    },
    get count() {
      return count
    },
    has(key) {
      if (!sorted) prints.subarray(0, count).sort()
      sorted = true
      const wanted = fingerprint(key)
      let low = 0
      let high = count
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((prints[middle] ?? 0) < wanted) low = middle + 1
        else high = middle
      }
      return low < count && prints[low] === wanted
    },
  }
}

/** 53 bits of two interleaved multiplicative hashes: as many as a double holds exactly. */
function fingerprint(key: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}
