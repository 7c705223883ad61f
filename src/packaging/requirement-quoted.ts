// \N{…} is left out: it would take the whole table of Unicode names.
const WELL_FORMED =
  /^(?:[^\\\r\n]|\\(?:\r\n?|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U(?:000[0-9a-fA-F]|0010)[0-9a-fA-F]{4}|[^xuUN\r]))*$/u
const ESCAPE = /\\(?:([0-7]{1,3})|(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|(\r\n|[^]))/gu
const CHARACTERS = new Map([
  ['\r\n', ''],
  ['\r', ''],
  ['\n', ''],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
])

/**
 * The text that a quoted string of a marker stands for. `packaging` reads it as a Python literal, with its escapes;
 * undefined where that is a syntax error.
 */
export function unquote(quoted: string): string | undefined {
  const body = quoted.slice(1, -1)
  if (/[\0\p{Surrogate}]/u.test(body) || !WELL_FORMED.test(body)) return undefined
  return body.replace(ESCAPE, (escape, octal?: string, hex?: string, character = '') => {
    if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8))
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex.slice(1), 16))
    return CHARACTERS.get(String(character)) ?? escape
  })
}
