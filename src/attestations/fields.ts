import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { Refused } from './refused.js'
import type { Reason } from './types.js'

/** An object of the document. @throws Refused */
export function objectIn(parent: JsonObject, name: string, reason: Reason = 'malformed'): JsonObject {
  const value = field(parent, name)
  if (!isObject(value)) throw new Refused(reason, `${name} is not an object`)
  return value
}

/** @throws Refused */
export function arrayIn(parent: JsonObject, name: string, reason: Reason = 'malformed'): readonly unknown[] {
  const value = field(parent, name)
  if (!Array.isArray(value)) throw new Refused(reason, `${name} is not an array`)
  return value
}

/**
 * Bytes as base64 (RFC 4648, section 4), not empty. Node reads other alphabets, missing padding and foreign
 * characters, too: two texts for the same bytes would be two documents with one signature.
 * @throws Refused
 */
export function base64In(parent: JsonObject, name: string, reason: Reason): string {
  return asBase64(field(parent, name), name, reason)
}

/** @throws Refused */
export function asBase64(value: unknown, name: string, reason: Reason): string {
  const isCanonical =
    typeof value === 'string' && value !== '' && Buffer.from(value, 'base64').toString('base64') === value
  if (!isCanonical) throw new Refused(reason, `${name} is not base64`)
  return value
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/

/** A whole number, as a number or as the text that protobuf's JSON makes of 64 bits. @throws Refused */
export function decimalIn(parent: JsonObject, name: string, reason: Reason): string {
  const value = field(parent, name)
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !DECIMAL.test(text)) throw new Refused(reason, `${name} is not a whole number`)
  return text
}
