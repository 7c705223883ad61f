import { describe, expect, it } from 'vitest'
import { PatternError, translatePythonRegex } from '../../src/python/regex/regex.js'
import { matches } from '../../src/python/regex/machine.js'
import { parsePattern } from '../../src/python/regex/parse.js'
import { toProgram } from '../../src/python/regex/program.js'
import { oracleCases } from '../helpers/oracle.js'

type RegexCase = [pattern: string, answers: string | [text: string, matches: boolean][]]

const cases = oracleCases('regex').filter((c): c is RegexCase => Array.isArray(c))

describe('Python regular expressions', () => {
  it('match, or are refused, as in Python', () => {
    expect(cases.length).toBeGreaterThan(500)
    const wrong = cases.flatMap(([pattern, answers]): { pattern: string; text?: string }[] => {
      if (typeof answers === 'string') {
        try {
          translatePythonRegex(pattern)
        } catch (error) {
          if (error instanceof PatternError) return []
        }
        return [{ pattern }]
      }
      const regex = translatePythonRegex(pattern)
      return answers.filter(([text, answer]) => regex.match(text) !== answer).map(([text]) => ({ pattern, text }))
    })
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('mean the same to the machine as to JavaScript', () => {
    const wrong = cases.flatMap(([pattern, answers]) => {
      if (typeof answers === 'string') return []
      const program = toProgram(parsePattern(pattern))
      return answers.filter(([text, answer]) => matches(program, text) !== answer).map(([text]) => ({ pattern, text }))
    })
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('folds single characters only where the flag holds', () => {
    expect(translatePythonRegex('(?i)x?(?a:\\W)').match('İ')).toBe(true)
    expect(translatePythonRegex('(?i)x?(?a:\\b.)').match('\u212a')).toBe(false)
    expect(translatePythonRegex('(?i:FOO)bar').match('foobar')).toBe(true)
    expect(translatePythonRegex('(?i:FOO)bar').match('fooBAR')).toBe(false)
  })

  it('says what is wrong and where', () => {
    expect(() => translatePythonRegex('foo**')).toThrow(
      '"foo**" is not a regular expression that Python takes: a repeat of a repeat (near part 5)',
    )
    expect(() => translatePythonRegex('\\N{EM DASH}')).toThrow(/EM DASH.*ASCII/)
    expect(() => translatePythonRegex('('.repeat(100_000))).toThrow(PatternError)
  })

  it('does not overflow the stack on long texts', () => {
    const long = 'ab'.repeat(200_000)
    for (const pattern of ['(?:a|b)*c', '(?:a|b)*+c', '(?:(a)|b)*\\1c', '.*(.)\\1c']) {
      expect(translatePythonRegex(pattern).match(long)).toBe(false)
    }
  })
})
