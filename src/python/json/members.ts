import { compareCodePoints } from '../code-points.js'

/** A string literal within bytes: the index of its opening quote, and the index after the closing one. */
export interface Literal {
  readonly start: number
  readonly end: number
}

/** Whether one key stands before another by code points. Both are literals in `bytes` without escapes. */
export function isBefore(bytes: Buffer, key: Literal, next: Literal): boolean {
  const shared = Math.min(key.end - key.start, next.end - next.start) - 1
  for (let at = 1; at < shared; at++) {
    const step = (bytes[next.start + at] ?? 0) - (bytes[key.start + at] ?? 0)
    if (step !== 0) return step > 0
  }
  return key.end - key.start < next.end - next.start
}

/** The text that a string literal stands for. */
function decode(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
}

/** One member of an object as it was written: from the key's opening quote to the end of the value. */
export type Span = readonly [start: number, end: number]

/**
 * The members of an object by key; of equal keys only the last counts.
 * @param starts two numbers a member: where it starts in `source`, and where its key ends
 * @param separator bytes between two members
 */
export function membersByKey(source: Buffer, starts: readonly number[], separator: number): Map<string, Span> {
  const found = new Map<string, Span>()
  for (let at = 0; at < starts.length; at += 2) {
    const start = starts[at] ?? 0
    const next = starts[at + 2]
    const end = next === undefined ? source.length : next - separator
    found.set(decode(source.toString('latin1', start, starts[at + 1])), [start, end])
  }
  return found
}

/** The members in the order in which they are to be written. */
export function inOrder(members: ReadonlyMap<string, Span>, sorted: boolean): Span[] {
  const entries = [...members]
  if (sorted) entries.sort(([a], [b]) => compareCodePoints(a, b))
  return entries.map(([, span]) => span)
}
