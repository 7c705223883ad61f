import { describe, expect, it } from 'vitest'
import { affectedText, affects } from '../../src/advisories/ranges.js'
import type { AffectedRange, RangeEvent } from '../../src/advisories/types.js'

const advisory = (versions: readonly string[], ...ranges: readonly AffectedRange[]) => ({
  id: 'MAL-1',
  versions,
  ranges,
})
const range = (...events: readonly RangeEvent[]): AffectedRange => events

describe('an advisory affects', () => {
  const cases: readonly (readonly [string, AffectedRange, readonly string[], readonly string[]])[] = [
    ['everything', range(['introduced', '0']), ['0', '0.dev1', '1.0', '99!1', 'not-a-version'], []],
    [
      'until fixed',
      range(['introduced', '0'], ['fixed', '1.2']),
      ['1.1', '1.2rc1', '1.2.dev0', 'odd'],
      ['1.2', '1.2.0', '2'],
    ],
    ['from one on', range(['introduced', '1.0']), ['1.0', '1.0.post1', '2'], ['0.9', '1.0rc1', 'odd']],
    ['up to one', range(['introduced', '0'], ['last_affected', '1.2']), ['1.2', '1.2.0'], ['1.2.1', '1.2.post1']],
    [
      'two stretches, in any order',
      range(['fixed', '4'], ['introduced', '3'], ['fixed', '2'], ['introduced', '1']),
      ['1', '1.9', '3', '3.5'],
      ['0.9', '2', '2.5', '4'],
    ],
    [
      'what is fixed and back at once',
      range(['introduced', '1'], ['fixed', '2'], ['introduced', '2']),
      ['1', '2', '3'],
      ['0'],
    ],
    ['below a limit', range(['introduced', '0'], ['limit', '2']), ['1.9'], ['2', '3']],
    ['below no limit', range(['introduced', '0'], ['limit', '*']), ['3'], []],
  ]
  it.each(cases)('%s', (_, affected, inside, outside) => {
    expect(inside.filter((version) => !affects(advisory([], affected), version))).toEqual([])
    expect(outside.filter((version) => affects(advisory([], affected), version))).toEqual([])
  })

  it('listed versions in every spelling', () => {
    const listed = advisory(['1.0', '2.0rc1', 'odd'])
    expect(['1.0', '1', '1.0.0', '2.0-RC.1', 'ODD'].filter((version) => !affects(listed, version))).toEqual([])
    expect(['1.0.1', '1.0+local', '2.0', 'other'].filter((version) => affects(listed, version))).toEqual([])
  })
})

it.each([
  [advisory(['1.0', '1.1']), '1.0, 1.1'],
  [advisory([], range(['introduced', '0'])), 'all versions'],
  [advisory(['3.0'], range(['introduced', '1'], ['fixed', '2'])), '>= 1, < 2; 3.0'],
  [advisory([], range(['introduced', '0'], ['last_affected', '2'])), '<= 2'],
  [advisory(Array.from({ length: 12 }, (_, n) => String(n))), '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...'],
])('%j reads %s', (given, text) => {
  expect(affectedText(given)).toBe(text)
})
