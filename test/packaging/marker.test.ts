import { describe, expect, it } from 'vitest'
import { formatMarker, parseMarker } from '../../src/packaging/marker.js'
import type { MarkerVariables, Truth } from '../../src/packaging/marker-evaluate.js'
import { createMarkerEvaluator, evaluateLockMarker } from '../../src/packaging/marker-evaluate.js'
import { parseEnvironment } from '../../src/packaging/environment.js'
import { parseRequirement } from '../../src/packaging/requirement.js'
import { oracleCases } from '../helpers/oracle.js'

type Recorded = Record<string, string>
type Row = [extras: string[], exact: string, open: string | null, errors: string[], either?: Recorded]
type MarkerCase = ['marker' | 'requirement', string, string | Recorded | { error: string }, Row[]?]
type LockCase = ['lock', string, [extras: string[], groups: string[], exact: string, errors: string[]][]]

const cases = oracleCases('markers').filter((c): c is unknown[] => Array.isArray(c))
const ofKind = <T extends unknown[]>(kind: T[0]): T[] => cases.filter((c): c is T => c[0] === kind)

const LETTER: Readonly<Record<Truth, string>> = { true: 'T', false: 'F', unknown: 'U', error: 'E' }
const environments = ofKind<['env', string, Recorded]>('env')
const exact: MarkerVariables[] = environments.map(([, , variables]) => new Map(Object.entries(variables)))
const exactly = exact.map(createMarkerEvaluator)
const named = environments
  .filter(([, name]) => !name.startsWith('x-'))
  .map(([, name]) => createMarkerEvaluator(environment(name.replace('-', ' '))))

function environment(line: string): MarkerVariables {
  const parsed = parseEnvironment('e', line)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.environment.variables
}

function markerOf([kind, text]: MarkerCase): ReturnType<typeof parseMarker> | null {
  return kind === 'marker' ? parseMarker(text) : parseRequirement(text)?.markerTree
}

describe('environment markers', () => {
  const markers = [...ofKind<MarkerCase>('marker'), ...ofKind<MarkerCase>('requirement')]

  it('are refused and spelled as packaging does', () => {
    expect(markers.length).toBeGreaterThan(100)
    const wrong = markers
      .filter(([kind]) => kind === 'marker')
      .map(([, text, recorded]) => {
        const marker = parseMarker(text)
        return { text, recorded, got: marker === undefined ? 'invalid' : formatMarker(marker) }
      })
      .filter(({ recorded, got }) => got !== (typeof recorded === 'string' ? recorded : 'invalid'))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('have the value that packaging gives, in each environment and for each set of extras', () => {
    const wrong: unknown[] = []
    for (const one of markers) {
      const marker = markerOf(one)
      for (const [extras, recorded] of one[3] ?? []) {
        const got = exactly.map((e) => (marker ? LETTER[e.evaluate(marker, extras)] : 'T')).join('')
        if (got !== recorded) wrong.push({ text: one[1], extras, recorded, got })
      }
    }
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('are unknown exactly where the name of an environment leaves the answer open', () => {
    const wrong: unknown[] = []
    let rows = 0
    for (const one of markers) {
      const marker = markerOf(one)
      if (!marker) continue
      for (const [extras, decided, open, , either = {}] of one[3] ?? []) {
        rows++
        const recorded = [...(open ?? decided.slice(0, named.length))]
        const got = named.map((e) => LETTER[e.evaluate(marker, extras)])
        const differs = got.some((letter, i) => letter !== recorded[i] && letter !== either[String(i)])
        if (differs) wrong.push({ text: one[1], extras, recorded: recorded.join(''), got: got.join('') })
      }
    }
    expect(rows).toBeGreaterThan(100)
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('of lock files know extras and dependency groups', () => {
    const wrong: unknown[] = []
    for (const [, text, rows] of ofKind<LockCase>('lock')) {
      const marker = parseMarker(text)
      for (const [extras, groups, recorded] of rows) {
        const got = marker && exact.map((e) => LETTER[evaluateLockMarker(marker, e, { extras, groups })]).join('')
        if (got !== recorded) wrong.push({ text, extras, groups, recorded, got })
      }
    }
    expect(wrong.slice(0, 5)).toEqual([])
  })
})
