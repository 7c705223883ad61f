import { stripVTControlCharacters } from 'node:util'

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const NARROWEST = /\p{M}|\p{Cf}/u

function charWidth(char: string): number {
  if (NARROWEST.test(char)) return 0
  return WIDE.test(char) ? 2 : 1
}

/** Columns that a text takes on a terminal; colours take none. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text)
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length
  let width = 0
  for (const char of plain) width += charWidth(char)
  return width
}

/** A text without colours, cut to a number of columns. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let cut = ''
  let width = 1
  for (const char of text) {
    width += charWidth(char)
    if (width > columns) break
    cut += char
  }
  return columns > 0 ? `${cut}…` : ''
}
