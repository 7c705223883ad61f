import type { Place } from './types.js'
import { LockFileError } from './types.js'

export type Table = Readonly<Record<string, unknown>>

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** Reads values of a table; each throws a LockFileError for a value of another type, and the second for none. */
export function optionalText(table: Table, key: string, place: Place): string | undefined {
  const value = table[key]
  if (value === undefined || typeof value === 'string') return value
  throw new LockFileError('type', place, `${key} is not a text`)
}

export function requiredText(table: Table, key: string, place: Place): string {
  const value = optionalText(table, key, place)
  if (value === undefined) throw new LockFileError('missing', place, `${key} is missing`)
  return value
}

export function optionalTable(table: Table, key: string, place: Place): Table | undefined {
  const value = table[key]
  if (value === undefined || isTable(value)) return value
  throw new LockFileError('type', place, `${key} is not a table`)
}

/** An array of tables; none where the key is missing. */
export function tables(table: Table, key: string, place: Place): Table[] {
  const value = table[key] ?? []
  if (Array.isArray(value) && value.every(isTable)) return value
  throw new LockFileError('type', place, `${key} is not an array of tables`)
}

export function optionalFlag(table: Table, key: string, place: Place): boolean {
  const value = table[key] ?? false
  if (typeof value === 'boolean') return value
  throw new LockFileError('type', place, `${key} is not true or false`)
}

/** Bytes. */
export function optionalSize(table: Table, key: string, place: Place): number | undefined {
  const value = table[key]
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value
  throw new LockFileError('type', place, `${key} is not a number of bytes`)
}
