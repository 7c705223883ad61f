import type { Category } from './charset.js'
import type { Cursor } from './cursor.js'
import { codeByName } from './names.js'

export const DIGITS = '0123456789'
const OCTAL = '01234567'
const HEX = `${DIGITS}abcdefABCDEF`
const LARGEST_OCTAL = 0o377

/** Digits that must follow `\x`, `\u` and `\U`. */
const HEX_LENGTHS = new Map([
  ['\\x', 2],
  ['\\u', 4],
  ['\\U', 8],
])
const CONTROLS = new Map([
  ['\\a', 0x07],
  ['\\b', 0x08],
  ['\\f', 0x0c],
  ['\\n', 0x0a],
  ['\\r', 0x0d],
  ['\\t', 0x09],
  ['\\v', 0x0b],
])

/** The category that `\d`, `\W` and so on stand for. */
export function categoryOf(token: string): Category | undefined {
  switch (token) {
    case '\\d':
      return 'd'
    case '\\D':
      return 'D'
    case '\\s':
      return 's'
    case '\\S':
      return 'S'
    case '\\w':
      return 'w'
    case '\\W':
      return 'W'
    default:
      return undefined
  }
}

function hexCode(cursor: Cursor, token: string, length: number): number {
  const hex = cursor.takeWhile(HEX, length)
  const code = parseInt(hex, 16)
  return hex.length === length && code <= 0x10ffff ? code : cursor.fail(`incomplete or too large ${token}${hex}`)
}

function namedCode(cursor: Cursor): number {
  if (!cursor.accept('{')) cursor.fail('missing { after \\N')
  const name = cursor.takeUntil('}', 'character name')
  return codeByName(name) ?? cursor.fail(`\\N{${name}}: only the names of ASCII characters are known here`)
}

function octalCode(cursor: Cursor, digits: string): number {
  const code = parseInt(digits, 8)
  return code <= LARGEST_OCTAL ? code : cursor.fail(`octal \\${digits} is more than \\377`)
}

/** The character that an escape stands for, inside a class and outside; digits are for the caller. */
function charEscape(cursor: Cursor, token: string): number {
  const control = CONTROLS.get(token)
  if (control !== undefined) return control
  const length = HEX_LENGTHS.get(token)
  if (length !== undefined) return hexCode(cursor, token, length)
  if (token === '\\N') return namedCode(cursor)
  const character = token.slice(1)
  if (/^[A-Za-z]$/.test(character)) cursor.fail(`unknown escape ${token}`)
  return character.codePointAt(0) ?? 0
}

/** The character that an escape between square brackets stands for; `token` has been taken. */
export function setEscape(cursor: Cursor, token: string): number {
  const digit = token.charAt(1)
  if (OCTAL.includes(digit)) return octalCode(cursor, digit + cursor.takeWhile(OCTAL, 2))
  return DIGITS.includes(digit) ? cursor.fail(`unknown escape ${token}`) : charEscape(cursor, token)
}

/** Outside square brackets: a character, or the number of the group that is referred to. */
export function escape(cursor: Cursor, token: string): { readonly code: number } | { readonly group: number } {
  const first = token.charAt(1)
  if (!DIGITS.includes(first)) return { code: charEscape(cursor, token) }
  if (first === '0') return { code: parseInt(first + cursor.takeWhile(OCTAL, 2), 8) }
  const digits = first + cursor.takeWhile(DIGITS, 1)
  const third = /^[0-7]{2}$/.test(digits) ? cursor.takeWhile(OCTAL, 1) : ''
  return third === '' ? { group: Number(digits) } : { code: octalCode(cursor, digits + third) }
}
