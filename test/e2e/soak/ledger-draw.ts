import { randomNumbers } from './size.js'

/** Choices that depend on a seed alone. */
export interface Draw {
  /** a whole number from 0 up to, not including, `limit` */
  below(limit: number): number
  /** one of some values */
  from<T>(values: readonly T[]): T
}

export function createDraw(seed: number): Draw {
  const next = randomNumbers(seed)
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    from(values) {
      const value = values[below(values.length)]
      if (value === undefined) throw new Error('there is nothing to choose from')
      return value
    },
  }
}
