import { describe, expect, it } from 'vitest'
import { counted, countText } from '../../src/count.js'
import { bytesText, durationText } from '../../src/report/figures.js'
import { ageText } from '../../src/report/times.js'

describe('figures as people read them', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [886_123, '886,123'],
    [1_234_567, '1,234,567'],
  ])('count %d', (count, text) => {
    expect(countText(count)).toBe(text)
  })

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [99_949, '99.9 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_600, '1.00 MB'],
    [1_234_567_890, '1.23 GB'],
    [27e12, '27.0 TB'],
    [5e18, '5000 PB'],
  ])('%d bytes', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text)
  })

  it.each([
    [0, '0 s'],
    [0.04, '0.0 s'],
    [9.9, '9.9 s'],
    [10, '10 s'],
    [59.6, '1 min'],
    [60, '1 min'],
    [125, '2 min 5 s'],
    [3600, '1 h'],
    [11_400, '3 h 10 min'],
    [187_200, '2 d 4 h'],
    [86_400, '1 d'],
    [90_061, '1 d 1 h'],
  ])('%d seconds', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })

  it('one and many', () => {
    expect([counted(1, 'file'), counted(2, 'file'), counted(0, 'reply', 'replies')]).toEqual([
      '1 file',
      '2 files',
      '0 replies',
    ])
  })
})

it.each([
  ['2026-01-10T00:00:00Z', '9 days'],
  ['2026-01-18T00:00:00Z', '1 day'],
  ['2026-01-18T23:00:00Z', '1 hour'],
  ['2026-01-18T23:50:00Z', '10 minutes'],
  ['2026-01-19T00:00:00Z', 'less than a minute'],
  ['2027-01-01T00:00:00Z', 'less than a minute'],
])('what began at %s has lasted for %s', (time, text) => {
  expect(
    ageText(time, Date.parse(time.startsWith('2026-01-10') ? '2026-01-19T12:00:00Z' : '2026-01-19T00:00:00Z')),
  ).toBe(text)
})
