import { WHITESPACE } from '../packaging/version.js'

const EDGES = new RegExp(`^[${WHITESPACE}]+|(?<![${WHITESPACE}])[${WHITESPACE}]+$`, 'g')
const SPACES = new RegExp(`[${WHITESPACE}]+`)
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/

/** Python's `text.strip()`. */
export function stripped(text: string): string {
  return text.replace(EDGES, '')
}

/** Python's `text.split()`. */
export function words(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '')
}

/** The non-empty lines of a setting's value. */
export function settingLines(value: string): string[] {
  return value.split('\n').filter((line) => line !== '')
}

/** Python's `text.splitlines()`, but for a last empty line, which no reader here minds. */
export function splitLines(text: string): string[] {
  return text.split(LINE_END)
}

/** The text before the first `#`, stripped. */
export function withoutComment(line: string): string {
  const start = line.indexOf('#')
  return stripped(start < 0 ? line : line.slice(0, start))
}
