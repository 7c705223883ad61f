import type { Cursor } from './cursor.js'
import { DIGITS } from './escapes.js'

/** How often something is repeated; `max` may be Infinity. */
export interface Counts {
  readonly min: number
  readonly max: number
}

/** Python refuses this count and larger ones. */
const TOO_OFTEN = 2 ** 32 - 1

/** `{least,most}`, after the brace; undefined, and nothing taken, when the brace stands for itself. */
function parseBraces(cursor: Cursor): Counts | undefined {
  if (cursor.next === '}') return undefined
  const start = cursor.position
  const least = cursor.takeWhile(DIGITS)
  const most = cursor.accept(',') ? cursor.takeWhile(DIGITS) : least
  if (!cursor.accept('}')) {
    cursor.back(start)
    return undefined
  }
  const min = Number(least)
  const max = most === '' ? Infinity : Number(most)
  if (min >= TOO_OFTEN || (max >= TOO_OFTEN && most !== '')) cursor.fail('too large a count')
  return max < min ? cursor.fail('a smallest count above the largest') : { min, max }
}

/** The counts of a quantifier, if the token that was taken starts one. @throws PatternError */
export function parseCounts(cursor: Cursor, token: string): Counts | undefined {
  switch (token) {
    case '*':
      return { min: 0, max: Infinity }
    case '+':
      return { min: 1, max: Infinity }
    case '?':
      return { min: 0, max: 1 }
    case '{':
      return parseBraces(cursor)
    default:
      return undefined
  }
}
