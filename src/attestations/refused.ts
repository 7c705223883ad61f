import { oneLine } from '../one-line.js'
import type { Reason, Refusal } from './types.js'

/** Ends the check of a provenance object. Caught in this room only: callers get a Refusal. */
export class Refused extends Error {
  override readonly name = 'Refused'
  constructor(
    readonly reason: Reason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The longest text of a document that a message repeats. */
const LONGEST = 120

/** A value of the document as it may stand in a message: one line, in quotes, cut. */
export function quoted(value: string): string {
  const cut = value.length > LONGEST ? `${value.slice(0, LONGEST)}...` : value
  return `"${oneLine(cut)}"`
}

export function toRefusal({ reason, message }: Refused): Refusal {
  return { kind: 'refused', reason, detail: oneLine(message) }
}
