import { pythonFloat } from './float.js'

/** A value that `dumps` can write. Keys that upstream chose belong in a Map: objects put `"2024"` before others. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [key: string]: JsonValue }

const PLAIN = /^[ !#-[\]-~]*$/
const BEYOND_ASCII = /[\x7f-\uffff]/g

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The text as a JSON string literal, as Python writes it: everything outside 0x20-0x7e escaped. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(BEYOND_ASCII, escapeUnit)
}

function dumpNumber(value: number): string {
  if (!Number.isInteger(value)) return pythonFloat(value)
  return Math.abs(value) < 1e21 ? String(value) : String(BigInt(value))
}

function dumpList(values: readonly JsonValue[]): string {
  let out = '['
  let separator = ''
  for (const value of values) {
    out += separator + dumps(value)
    separator = ', '
  }
  return out + ']'
}

function dumpEntries(entries: Iterable<readonly [string, JsonValue]>): string {
  let out = '{'
  let separator = ''
  for (const [key, value] of entries) {
    out += `${separator}${quote(key)}: ${dumps(value)}`
    separator = ', '
  }
  return out + '}'
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/**
 * The text of Python's `json.dumps(value)`. A number without a fraction is written as an integer,
 * for JavaScript cannot tell 1 from 1.0. Object keys come in JavaScript's order, Map keys in theirs.
 */
export function dumps(value: JsonValue): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return dumpNumber(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (isList(value)) return dumpList(value)
  return dumpEntries(value instanceof Map ? value : Object.entries(value))
}
