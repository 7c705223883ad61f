import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isValidName, normalizeName, safeName } from '../../src/packaging/name.js'
import { oracleCases } from '../helpers/oracle.js'

type NameCase = ['name', string, string, string, boolean]

describe('names of projects', () => {
  const cases = oracleCases('names').filter((c): c is NameCase => Array.isArray(c) && c[0] === 'name')

  it('are normalized, made safe and judged as Python does', () => {
    expect(cases.length).toBeGreaterThan(100)
    const wrong = cases
      .map(([, text, ...answer]) => ({ text, answer, got: [normalizeName(text), safeName(text), isValidName(text)] }))
      .filter(({ answer, got }) => JSON.stringify(answer) !== JSON.stringify(got))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('stay as they are once normalized', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._-]+$/), (name) => {
        expect(normalizeName(normalizeName(name))).toBe(normalizeName(name))
      }),
    )
  })
})
