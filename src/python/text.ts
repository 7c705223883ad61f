/** What Python's str.isspace, str.strip and `\s` take for white space, as the inside of a character class. */
export const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

const START = new RegExp(`^[${SPACE}]+`)
const END = new RegExp(`[${SPACE}]+$`)

/** Python's str.lstrip(). */
export function lstrip(text: string): string {
  return text.replace(START, '')
}

/** Python's str.rstrip(). */
export function rstrip(text: string): string {
  // The regular expression alone would be quadratic in long inner runs of white space.
  let end = text.length
  while (end > 0 && END.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** Python's str.strip(). */
export function strip(text: string): string {
  return lstrip(rstrip(text))
}

/** Python's str.split(). */
export function words(text: string): string[] {
  return text.split(new RegExp(`[${SPACE}]+`)).filter((word) => word !== '')
}

/** Python's str.splitlines(), but for a last empty line, which no reader here minds. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
}
