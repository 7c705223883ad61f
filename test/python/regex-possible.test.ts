import { describe, expect, it } from 'vitest'
import { canMatch } from '../../src/python/regex/possible.js'
import { translatePythonRegex } from '../../src/python/regex/regex.js'
import { oracleCases } from '../helpers/oracle.js'

const NAMES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-'

describe('canMatch', () => {
  it.each([
    'foo bar',
    'foo # not this',
    '"foo"',
    'foo==1.0',
    'foo,bar',
    '^foo/',
    'foo^bar',
    'foo$bar',
    '(?:a|b)\\Zc',
    '[ ]+x',
    '\\s+',
    '(é|ö)',
    'a\\nb',
    '(?i:ä)x',
    '[^\\w.-]',
  ])('sees that %j matches no name', (pattern) => {
    expect(canMatch(pattern, NAMES)).toBe(false)
  })

  it.each([
    '',
    '.*',
    '^foo',
    'foo$',
    '^foo-.*$',
    '.+-evil$',
    '(?i)FOO',
    '(?i)foo',
    '(foo bar|foo)',
    'a b?|a ?b',
    '\\w+',
    '[a-z]{3,}',
    '(?!foo)',
    '(a)\\1',
    'x*^y',
    '(?:$)?a',
    '(?m)^foo$',
    '\\bfoo\\b',
  ])('%j may match one', (pattern) => {
    expect(canMatch(pattern, NAMES)).toBe(true)
  })

  it('never says no of a pattern that matches a text of the alphabet', () => {
    type Case = [pattern: string, answers: string | [text: string, matches: boolean][]]
    let checked = 0
    for (const [pattern, answers] of oracleCases('regex').filter((c): c is Case => Array.isArray(c))) {
      if (typeof answers === 'string') continue
      for (const [text] of answers) {
        if (text.includes('\n') || !translatePythonRegex(pattern).match(text)) continue
        expect(canMatch(pattern, `${NAMES}${text}`), JSON.stringify([pattern, text])).toBe(true)
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(500)
  })
})
