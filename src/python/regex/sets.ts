import type { Category, CharSet, Range } from './charset.js'
import type { Cursor } from './cursor.js'
import { categoryOf, setEscape } from './escapes.js'

function takeMember(cursor: Cursor): string {
  return cursor.take() ?? cursor.fail('a [ that is not closed')
}

/** What a token between brackets stands for: a character or a category. */
function memberOf(cursor: Cursor, token: string): number | Category {
  if (!token.startsWith('\\')) return token.codePointAt(0) ?? 0
  return categoryOf(token) ?? setEscape(cursor, token)
}

/** Reads a set; its `[` has been taken. @throws PatternError */
export function parseSet(cursor: Cursor): CharSet {
  const negate = cursor.accept('^')
  const ranges: Range[] = []
  const categories: Category[] = []
  const add = (member: number | Category): void => {
    if (typeof member === 'number') ranges.push([member, member])
    else categories.push(member)
  }
  // A ] that comes first stands for itself.
  for (let first = true; ; first = false) {
    const token = takeMember(cursor)
    if (token === ']' && !first) break
    const member = memberOf(cursor, token)
    if (!cursor.accept('-')) {
      add(member)
      continue
    }
    const last = takeMember(cursor)
    if (last === ']') {
      add(member)
      add(0x2d)
      break
    }
    const end = memberOf(cursor, last)
    if (typeof member !== 'number' || typeof end !== 'number' || end < member) {
      cursor.fail(`bad range ${token}-${last}`)
    }
    ranges.push([member, end])
  }
  return { negate, ranges, categories }
}
