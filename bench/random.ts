/** Numbers from 0 up to 1. */
export type Random = () => number

/** Numbers that depend on the seed alone (mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 up to `below`. */
export function whole(random: Random, below: number): number {
  return Math.floor(random() * below)
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export interface Spread {
  readonly count: number
  /** what the numbers add up to */
  readonly total: number
  /** standard deviation of their logarithm: how far the large ones are from the small ones */
  readonly sigma: number
  readonly least: number
  readonly most: number
}

/** Whole numbers spread log-normally, as releases, files and sizes on PyPI are: many small ones, a few that are huge. */
export function spread(random: Random, { count, total, sigma, least, most }: Spread): number[] {
  if (total < count * least || total > count * most)
    throw new Error(`${count} numbers from ${least} to ${most} cannot make ${total}`)
  const weights = Array.from({ length: count }, () => Math.exp(sigma * normal(random)))
  const fitted = (factor: number): number[] =>
    weights.map((weight) => Math.min(most, Math.max(least, Math.round(weight * factor))))
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  let factor = total / sum(weights)
  for (let round = 0; round < 20; round++) factor *= total / sum(fitted(factor))
  const numbers = fitted(factor)
  // What rounding left over goes to the first that have room for it.
  let left = total - sum(numbers)
  for (let at = 0; left !== 0; at = (at + 1) % count) {
    const now = numbers[at] ?? 0
    const next = Math.min(most, Math.max(least, now + left))
    numbers[at] = next
    left -= next - now
  }
  return numbers
}
