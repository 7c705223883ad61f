/** Finds the name that a misspelled one probably means among very many. */
export interface NearestName {
  /** a normalized name that exists */
  offer(candidate: string): void
  /** undefined where no name is near */
  best(): string | undefined
}

/** Edits that a misspelling may need. More would find some name of PyPI's for every text. */
const mostEdits = (name: string): number => (name.length < 4 ? 0 : name.length < 7 ? 1 : 2)

/** Letters and digits that a name has, as bits: a cheap bound for how many edits lie between two names. */
function letterBits(name: string): number {
  let bits = 0
  for (let at = 0; at < name.length; at += 1) bits |= 1 << (name.charCodeAt(at) & 31)
  return bits
}

function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) count += 1
  return count
}

/**
 * The characters to add, drop, replace or swap (optimal string alignment); Infinity as soon as that are more than `most`.
 */
function edits(a: string, b: string, most: number): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((row[j - 1] ?? 0) + (same ? 0 : 1), (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next.push(least)
    }
    if (Math.min(...next) > most) return Infinity
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** @param name normalized */
export function createNearestName(name: string): NearestName {
  const bits = letterBits(name)
  let least = mostEdits(name) + 1
  let best: string | undefined
  return {
    offer(candidate) {
      if (Math.abs(candidate.length - name.length) >= least || candidate === name) return
      // An edit changes two of the letters at most.
      if (bitCount(bits ^ letterBits(candidate)) > 2 * (least - 1)) return
      const apart = edits(name, candidate, least - 1)
      if (apart >= least) return
      least = apart
      best = candidate
    },
    best: () => best,
  }
}

/** The nearest of some names; undefined where none is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = createNearestName(name)
  for (const candidate of candidates) nearest.offer(candidate)
  return nearest.best()
}

/** ` (did you mean requests?)`, or nothing */
export function meantText(meant: string | undefined): string {
  return meant === undefined ? '' : ` (did you mean ${meant}?)`
}
