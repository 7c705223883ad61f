import { describe, expect, it } from 'vitest'
import { parseRecord } from '../../src/advisories/record.js'
import type { ParsedRecord } from '../../src/advisories/types.js'
import { indexOf, record } from './support.js'

const parse = (text: string): ParsedRecord => parseRecord({ name: 'MAL-1.json', text }, ['MAL-'])
const ALL = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }]

describe('a record', () => {
  it('gives versions and ranges of each project on PyPI', () => {
    const affected = [
      { package: { ecosystem: 'PyPI', name: 'Evil_One' }, versions: ['1.0'] },
      { package: { ecosystem: 'npm', name: 'evil-two' }, versions: ['1.0'] },
      {
        package: { ecosystem: 'PyPI', name: 'evil.three' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2' }] }],
      },
    ]
    expect(parse(record('MAL-1', 'x', {}, { affected }))).toEqual({
      kind: 'advisory',
      projects: [
        { name: 'evil-one', advisory: { id: 'MAL-1', versions: ['1.0'], ranges: [] } },
        {
          name: 'evil-three',
          advisory: {
            id: 'MAL-1',
            versions: [],
            ranges: [
              [
                ['introduced', '0'],
                ['fixed', '2'],
              ],
            ],
          },
        },
      ],
    })
  })

  it('without versions and ranges blocks every version', () => {
    expect(indexOf([record('MAL-1', 'evil')]).blocking('evil', '7')).toEqual(['MAL-1'])
    expect(indexOf([record('MAL-1', 'evil', { versions: [], ranges: null })]).blocking('evil', '7')).toEqual(['MAL-1'])
  })

  it('with listed versions is not widened by ranges of commits', () => {
    const ranges = [{ type: 'GIT', repo: 'https://example.com', events: [{ introduced: '0' }] }]
    const index = indexOf([record('MAL-1', 'evil', { versions: ['1.0'], ranges })])
    expect([index.blocking('evil', '1.0'), index.blocking('evil', '1.1')]).toEqual([['MAL-1'], []])
  })

  it.each([
    ['withdrawn', record('MAL-1', 'evil', { ranges: ALL }, { withdrawn: '2026-01-02T00:00:00Z' })],
    ['other', record('GHSA-1', 'evil', { ranges: ALL })],
    ['other', record('MAL-1', 'evil', { package: { ecosystem: 'npm', name: 'evil' }, ranges: ALL })],
    ['other', record('MAL-1', 'evil', {}, { affected: [] })],
    ['other', record('MAL-1', 'evil', {}, { affected: undefined })],
    ['other', record('MAL-1', 'evil', { package: undefined })],
    ['unreadable', ''],
    ['unreadable', '[]'],
    ['unreadable', '{}'],
    ['unreadable', record('', 'evil')],
    ['unreadable', record('MAL-1\n', 'evil')],
    ['unreadable', record('MAL-1', '../evil')],
    ['unreadable', record('MAL-1', 'evil', { versions: 'all' })],
    ['unreadable', record('MAL-1', 'evil', { versions: [1] })],
    ['unreadable', record('MAL-1', 'evil', { ranges: [{ type: 'GIT', events: [{ introduced: '0' }] }] })],
    ['unreadable', record('MAL-1', 'evil', { ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] })],
    ['unreadable', record('MAL-1', 'evil', { ranges: [{ type: 'ECOSYSTEM', events: [] }] })],
    ['unreadable', record('MAL-1', 'evil', { ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: 'soon' }] }] })],
    ['unreadable', record('MAL-1', 'evil', { ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '*' }] }] })],
    ['unreadable', record('MAL-1', 'evil', { ranges: ['all'] })],
  ])('is %s: %s', (kind, text) => {
    expect(parse(text).kind).toBe(kind)
  })

  it('that cannot be read is told with its file, in one line', () => {
    expect(parse('{"id": "MAL-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a\\nb"}}]}')).toEqual({
      kind: 'unreadable',
      problem: 'MAL-1.json: MAL-1 is about a project without a valid name',
    })
  })
})

describe('the index', () => {
  const index = indexOf([
    record('MAL-2', 'evil', { versions: ['1.0'] }),
    record('MAL-1', 'Evil', { versions: ['1.0', '2.0'] }),
    record('MAL-3', 'other', { ranges: ALL }),
  ])

  it('names every advisory on a version', () => {
    expect(index.blocking('EVIL', '1.0')).toEqual(['MAL-1', 'MAL-2'])
    expect(index.blocking('evil', '2.0')).toEqual(['MAL-1'])
    expect(index.blocking('evil', '3.0')).toEqual([])
    expect(index.blocking('good', '1.0')).toEqual([])
    expect(index.projects()).toEqual(['evil', 'other'])
  })

  it('passes over ids and projects that are ignored', () => {
    const records = [record('MAL-1', 'evil'), record('MAL-2', 'evil'), record('MAL-3', 'other')]
    expect(indexOf(records, ['MAL-1', 'Other']).projects()).toEqual(['evil'])
    expect(indexOf(records, ['MAL-1', 'Other']).blocking('evil', '1')).toEqual(['MAL-2'])
  })

  it('has a fingerprint that changes with the project and not with the order or with other projects', () => {
    const [a, b, c] = [record('MAL-1', 'evil'), record('MAL-2', 'evil', { versions: ['1'] }), record('MAL-3', 'other')]
    const before = indexOf([a, b]).fingerprint('evil')
    expect(before).toMatch(/^[0-9a-f]{16}$/)
    expect(indexOf([c, b, a, a]).fingerprint('evil')).toBe(before)
    expect(indexOf([a]).fingerprint('evil')).not.toBe(before)
    expect(indexOf([a, b], ['MAL-2']).fingerprint('evil')).not.toBe(before)
    expect(indexOf([a, b]).fingerprint('good')).toBe('')
  })
})
