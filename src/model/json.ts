import type { JsonObject } from './project.js'

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of an object from upstream; inherited names such as `constructor` do not count. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Fifteen digits: no index will get there, and the state files hold no more. */
const LARGEST_SERIAL = 999_999_999_999_999

/** Whether a value is a serial as JSON and XML-RPC give it: a whole number, never text. */
export function isSerial(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_SERIAL
}

/** A serial from a header or a document, as digits too; undefined for anything else. */
export function serial(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return isSerial(number) ? number : undefined
}

/** A stored JSON document; undefined where it is damaged or is not an object. */
export function parseJsonObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
