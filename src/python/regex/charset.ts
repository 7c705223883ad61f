import type { CharNode, Fold } from './ast.js'

export type Category = 'd' | 'D' | 's' | 'S' | 'w' | 'W'
export type Range = readonly [first: number, last: number]

/** What stands between square brackets. */
export interface CharSet {
  readonly negate: boolean
  readonly ranges: readonly Range[]
  readonly categories: readonly Category[]
}

const CLASSES = {
  ascii: { d: '0-9', s: '\\t-\\r\\u{20}', w: 'A-Za-z0-9_' },
  unicode: {
    d: '\\p{Nd}',
    s: '\\t-\\r\\u{1c}-\\u{20}\\u{85}\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}',
    w: '\\p{L}\\p{N}_',
  },
} as const

/** Lower-case characters that have the same upper case: Python finds them equal when case does not matter. */
const EQUALS = [
  'i\u0131',
  's\u017f',
  '\u00b5\u03bc',
  '\u0345\u03b9\u1fbe',
  '\u0390\u1fd3',
  '\u03b0\u1fe3',
  '\u03b2\u03d0',
  '\u03b5\u03f5',
  '\u03b8\u03d1',
  '\u03ba\u03f0',
  '\u03c0\u03d6',
  '\u03c1\u03f1',
  '\u03c2\u03c3',
  '\u03c6\u03d5',
  '\u0432\u1c80',
  '\u0434\u1c81',
  '\u043e\u1c82',
  '\u0441\u1c83',
  '\u0442\u1c84\u1c85',
  '\u044a\u1c86',
  '\u0463\u1c87',
  '\u1c88\ua64b',
  '\u1e61\u1e9b',
  '\ufb05\ufb06',
].map((characters) => [...characters].map((character) => character.codePointAt(0) ?? 0))
const EQUAL_TO = new Map(EQUALS.flatMap((codes) => codes.map((code) => [code, codes] as const)))

/** No character from here on has a case. */
const CASELESS = 0x20000

/** One code point in lower case, as one code point: İ becomes i, not i with a dot. */
export function foldCode(code: number, fold: Fold): number {
  if (fold === undefined) return code
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code
  return fold === 'ascii' ? code : (String.fromCodePoint(code).toLowerCase().codePointAt(0) ?? code)
}

/** A text with every code point folded. */
export function foldText(text: string, fold: Fold): string {
  if (fold === undefined) return text
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase()
  return Array.from(text, (character) => String.fromCodePoint(foldCode(character.codePointAt(0) ?? 0, fold))).join('')
}

/** What the characters of the ranges are once folded, and what else Python finds equal to those. */
function foldRanges(ranges: readonly Range[], fold: Fold): Range[] {
  const codes = new Set<number>()
  const folded: [number, number][] = []
  for (const [first, last] of ranges) {
    for (let code = first; code <= last && code < CASELESS; code++) {
      const lower = foldCode(code, fold)
      codes.add(lower)
      if (fold === 'unicode') for (const equal of EQUAL_TO.get(lower) ?? []) codes.add(equal)
    }
    if (last >= CASELESS) folded.push([Math.max(first, CASELESS), last])
  }
  for (const code of [...codes].sort((a, b) => a - b)) {
    const previous = folded.at(-1)
    if (previous?.[1] === code - 1) previous[1] = code
    else folded.push([code, code])
  }
  return folded
}

function codeSource(code: number): string {
  const character = String.fromCodePoint(code)
  return /^[A-Za-z0-9]$/.test(character) ? character : `\\u{${code.toString(16)}}`
}

function rangeSource([first, last]: Range): string {
  return first === last ? codeSource(first) : `${codeSource(first)}-${codeSource(last)}`
}

/** `\w` and so on, for use between brackets. */
export function categorySource(category: Category, ascii: boolean): string {
  const classes = CLASSES[ascii ? 'ascii' : 'unicode']
  switch (category) {
    case 'd':
    case 's':
    case 'w':
      return classes[category]
    case 'D':
      return `[^${classes.d}]`
    case 'S':
      return `[^${classes.s}]`
    case 'W':
      return `[^${classes.w}]`
  }
}

/** `ascii`: what the categories mean. */
export function charNode({ negate, ranges, categories }: CharSet, fold: Fold, ascii: boolean): CharNode {
  const all = fold === undefined ? ranges : foldRanges(ranges, fold)
  const inner = [...all.map(rangeSource), ...categories.map((category) => categorySource(category, ascii))].join('')
  const [first, ...others] = all
  const single = first !== undefined && others.length === 0 && first[0] === first[1] && categories.length === 0
  const source = single && !negate ? inner : `[${negate ? '^' : ''}${inner}]`
  // Folding İ or the Kelvin sign makes an ASCII letter of it.
  return { kind: 'char', source, fold: ranges.length === 0 && !ascii ? 'any' : fold }
}
