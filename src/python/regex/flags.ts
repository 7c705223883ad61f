import type { Cursor } from './cursor.js'

/** The flags in force at one place of a pattern, as letters: `i`, `m`, `s`, `x`, and `a` or `u`. */
export type Flags = ReadonlySet<string>

const LETTERS = 'imsxauL'
/** What a text is made of. These exclude one another and cannot be turned off; without one it is Unicode. */
const TYPES = ['a', 'u']

/** Whether a group that starts with `(?` and this token sets flags. */
export function isFlag(token: string): boolean {
  return LETTERS.includes(token) || token === '-'
}

/** Letters up to one of `ends`, which is taken too. */
function takeLetters(cursor: Cursor, first: string | undefined, ends: string): readonly [Flags, end: string] {
  const letters = new Set<string>()
  let token = first
  while (token !== undefined && !ends.includes(token)) {
    if (token === 'L') cursor.fail('flag L is for bytes only')
    if (!LETTERS.includes(token)) cursor.fail(`unknown flag ${token}`)
    letters.add(token)
    token = cursor.take()
  }
  return [letters, token ?? cursor.fail('flags that do not end')]
}

function checkTypes(cursor: Cursor, flags: Flags): void {
  if (TYPES.every((type) => flags.has(type))) cursor.fail('flags a and u exclude each other')
}

/**
 * Reads `(?flags)`, which holds for the whole pattern, or the start of `(?flags-flags:…)`. The `first` token after
 * the question mark has been taken. @throws PatternError
 */
export function parseFlags(
  cursor: Cursor,
  flags: Flags,
  first: string,
): { readonly flags: Flags; readonly global: boolean } {
  const [on, end] = takeLetters(cursor, first, ')-:')
  checkTypes(cursor, on)
  if (end === ')') {
    const all = new Set([...flags, ...on])
    checkTypes(cursor, all)
    return { flags: all, global: true }
  }
  const [off] = end === '-' ? takeLetters(cursor, cursor.take(), ':') : [new Set<string>()]
  if (end === '-' && off.size === 0) cursor.fail('missing flag')
  if ([...off].some((letter) => on.has(letter) || TYPES.includes(letter))) {
    cursor.fail('flags that cannot be turned off')
  }
  const replaced = TYPES.some((type) => on.has(type)) ? TYPES : []
  const kept = [...flags].filter((letter) => !replaced.includes(letter) && !off.has(letter))
  return { flags: new Set([...kept, ...on]), global: false }
}
