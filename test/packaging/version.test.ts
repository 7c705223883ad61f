import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Version } from '../../src/packaging/version.js'
import {
  baseVersion,
  compareVersions,
  formatVersion,
  parseVersion,
  publicVersion,
} from '../../src/packaging/version.js'
import { oracleCases } from '../helpers/oracle.js'

type VersionCase = ['version', string, null] | ['version', string, string, boolean, boolean, boolean, string, string]
type CompareCase = ['cmp', string, string, number]
type SortCase = ['sort', string[], string[]]

const cases = oracleCases('pep440').filter((c) => Array.isArray(c))
const ofKind = <T extends unknown[]>(kind: T[0]): T[] => cases.filter((c): c is T => c[0] === kind)

function parsed(text: string): Version {
  const version = parseVersion(text)
  if (version === undefined) throw new Error(`not a version: ${JSON.stringify(text)}`)
  return version
}

describe('versions', () => {
  it('are read and spelled as Python does', () => {
    const versions = ofKind<VersionCase>('version')
    expect(versions.length).toBeGreaterThan(100)
    const wrong = versions
      .map(([, text, ...answer]) => {
        const v = parseVersion(text)
        if (v === undefined) return { text, answer, got: [null] }
        const flags = [v.isPrerelease, v.isPostrelease, v.isDevrelease]
        return { text, answer, got: [formatVersion(v), ...flags, publicVersion(v), baseVersion(v)] }
      })
      .filter(({ answer, got }) => JSON.stringify(answer) !== JSON.stringify(got))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('compare as in Python, both ways round', () => {
    const pairs = ofKind<CompareCase>('cmp')
    expect(pairs.length).toBeGreaterThan(50)
    const wrong = pairs.filter(([, a, b, answer]) => {
      const there = Math.sign(compareVersions(parsed(a), parsed(b)))
      return there !== answer || Math.sign(compareVersions(parsed(b), parsed(a))) !== 0 - answer
    })
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('sort as in Python, newest first and equal ones by text', () => {
    const lists = ofKind<SortCase>('sort')
    expect(lists.length).toBeGreaterThan(3)
    const wrong = lists.filter(([, texts, answer]) => {
      const sorted = texts
        .map((text) => ({ text, version: parsed(text) }))
        .sort((a, b) => compareVersions(b.version, a.version) || (a.text < b.text ? 1 : -1))
      return JSON.stringify(sorted.map(({ text }) => text)) !== JSON.stringify(answer)
    })
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('keep numbers that a double cannot hold', () => {
    expect(formatVersion(parsed('9007199254740993!1.00009007199254740993'))).toBe('9007199254740993!1.9007199254740993')
    expect(compareVersions(parsed('1.9007199254740993'), parsed('1.9007199254740992'))).toBeGreaterThan(0)
    expect(compareVersions(parsed('1.00000000000000000007'), parsed('1.7'))).toBe(0)
  })
})

describe('any versions', () => {
  const count = fc.oneof(fc.nat(3).map(String), fc.bigInt(0n, 10n ** 30n).map(String))
  const optional = (part: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), part)
  const version = fc
    .tuple(
      optional(count.map((n) => `${n}!`)),
      fc.array(count, { minLength: 1, maxLength: 4 }).map((release) => release.join('.')),
      optional(fc.tuple(fc.constantFrom('a', 'b', 'rc', '-alpha.', '_Preview'), count).map((part) => part.join(''))),
      optional(count.map((n) => `.post${n}`)),
      optional(count.map((n) => `.dev${n}`)),
      optional(fc.constantFrom('+1', '+abc', '+1.abc', '+Abc-1', '+1.0')),
    )
    .map((parts) => parsed(parts.join('')))

  it('read back from their spelling', () => {
    fc.assert(
      fc.property(version, (v) => {
        expect(parsed(formatVersion(v))).toEqual(v)
      }),
    )
  })

  it('are totally ordered', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)))
        const [low, middle, high] = [a, b, c].sort(compareVersions)
        if (low && middle && high) {
          expect(compareVersions(low, middle)).toBeLessThanOrEqual(0)
          expect(compareVersions(middle, high)).toBeLessThanOrEqual(0)
          expect(compareVersions(low, high)).toBeLessThanOrEqual(0)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
