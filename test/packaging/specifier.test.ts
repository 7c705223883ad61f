import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpecifierSet } from '../../src/packaging/specifier.js'
import { contains, formatSpecifierSet, parseSpecifierSet, specifierSetKey } from '../../src/packaging/specifier.js'
import { compareVersions, parseVersion } from '../../src/packaging/version.js'
import { oracleCases } from '../helpers/oracle.js'

type SpecifierCase = ['spec', string, null] | ['spec', string, string, number]
type ContainsCase = ['contains', string, [string, boolean | 'InvalidVersion'][]]

const cases = oracleCases('pep440').filter((c) => Array.isArray(c))
const ofKind = <T extends unknown[]>(kind: T[0]): T[] => cases.filter((c): c is T => c[0] === kind)

function parsed(text: string): SpecifierSet {
  const set = parseSpecifierSet(text)
  if (set === undefined) throw new Error(`no specifiers: ${JSON.stringify(text)}`)
  return set
}

function admits(specifiers: string, text: string): boolean | 'InvalidVersion' {
  const version = parseVersion(text)
  return version === undefined ? 'InvalidVersion' : contains(parsed(specifiers), version)
}

describe('version specifiers', () => {
  it('are read and spelled as Python does', () => {
    const specifiers = ofKind<SpecifierCase>('spec')
    expect(specifiers.length).toBeGreaterThan(50)
    const wrong = specifiers
      .map(([, text, ...answer]) => {
        const set = parseSpecifierSet(text)
        return { text, answer, got: set === undefined ? [null] : [formatSpecifierSet(set), set.length] }
      })
      .filter(({ answer, got }) => JSON.stringify(answer) !== JSON.stringify(got))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('admit the versions that Python admits', () => {
    const questions = ofKind<ContainsCase>('contains')
    expect(questions.length).toBeGreaterThan(50)
    const wrong = questions
      .flatMap(([, text, answers]) => answers.map(([version, answer]) => ({ text, version, answer })))
      .map((question) => ({ ...question, got: admits(question.text, question.version) }))
      .filter(({ answer, got }) => answer !== got)
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('hold equal ones once', () => {
    const set = parsed('== 1.0.0,==1.0,~=1.0,~=1.0.0,===A')
    expect(set.length).toBe(4)
    expect(formatSpecifierSet(set)).toBe('==1.0,===A,~=1.0,~=1.0.0')
    expect(specifierSetKey(set)).toEqual(['==1', '===A', '~=1.0', '~=1.0.0'])
  })

  it('sort by code point', () => {
    expect(formatSpecifierSet(parsed('===\u{1f600},===\uffff'))).toBe('===\uffff,===\u{1f600}')
  })

  it('take the one operator that packaging reads with Unicode case folding', () => {
    expect(formatSpecifierSet(parsed('~=1.0po\u017ft1'))).toBe('~=1.0po\u017ft1')
    expect(parseSpecifierSet('>=1.0po\u017ft1')).toBeUndefined()
  })

  it('agree with the order of versions', () => {
    const texts = ['0', '1', '1.0', '1a1', '1.dev1', '1.post1', '1.0.post1.dev2', '1.0+a', '1!0', '1.1']
    const version = fc.constantFrom(...texts)
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [v, bound] = [parseVersion(a), parseVersion(b)]
        if (v === undefined || bound === undefined || bound.local !== undefined) return
        expect(admits(`>=${b}`, a)).toBe(compareVersions(v, bound) >= 0)
        expect(admits(`!=${b}`, a)).toBe(admits(`==${b}`, a) === false)
        if (admits(`>${b}`, a)) expect(compareVersions(v, bound)).toBeGreaterThan(0)
        if (admits(`<${b}`, a)) expect(compareVersions(v, bound)).toBeLessThan(0)
      }),
    )
  })
})
