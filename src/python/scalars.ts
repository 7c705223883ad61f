import { strip } from './text.js'

const DIGITS = String.raw`\d+(?:_\d+)*`
const INT = new RegExp(`^[+-]?${DIGITS}$`)
const FLOAT = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`)
const NOT_FINITE = /^([+-]?)(inf|infinity|nan)$/i
/** sys.int_info.default_max_str_digits: longer texts are refused since CPython 3.11 */
const MOST_DIGITS = 4300

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['yes', true],
  ['true', true],
  ['on', true],
  ['0', false],
  ['no', false],
  ['false', false],
  ['off', false],
])

const isDecimal = (codePoint: number): boolean => /^\p{Nd}$/u.test(String.fromCodePoint(codePoint))

/** 0-9 for a decimal digit of any script: they stand in runs of ten (or several times ten) from zero up. */
function digitValue(char: string): string {
  const codePoint = char.codePointAt(0) ?? 0
  let start = codePoint
  while (start > 0 && isDecimal(start - 1)) start--
  return String((codePoint - start) % 10)
}

function asciiNumber(text: string): string {
  // Compiling the other expression takes longer than reading a whole configuration.
  if (/^[\x20-\x7e]*$/.test(text)) return strip(text)
  return strip(text.replace(/(?![0-9])\p{Nd}/gu, digitValue))
}

/** Python's int(text), undefined where it raises ValueError. */
export function parsePythonInt(text: string): bigint | undefined {
  const ascii = asciiNumber(text)
  if (!INT.test(ascii)) return undefined
  const digits = ascii.replace(/[+_-]/g, '')
  if (digits.length > MOST_DIGITS) return undefined
  return ascii.startsWith('-') ? -BigInt(digits) : BigInt(digits)
}

/** Python's float(text), undefined where it raises ValueError. */
export function parsePythonFloat(text: string): number | undefined {
  const ascii = asciiNumber(text)
  if (FLOAT.test(ascii)) return Number(ascii.replaceAll('_', ''))
  const special = NOT_FINITE.exec(ascii)
  if (special === null) return undefined
  if (special[2]?.toLowerCase() === 'nan') return NaN
  return special[1] === '-' ? -Infinity : Infinity
}

/** configparser's getboolean, undefined where it raises ValueError. */
export function parsePythonBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text.toLowerCase())
}
