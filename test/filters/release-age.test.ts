import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.js'
import type { AgeVerdict, ReleaseAgeFilter, ReleaseAgeRules } from '../../src/filters/release-age.js'
import { judgeAge, releaseAge } from '../../src/filters/release-age.js'
import type { Release, ReleaseFile } from '../../src/model/project.js'
import { configOf, contextOf } from './support.js'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 25, 14, 10)

function filterOf(options: Readonly<Record<string, string>>, now = NOW): ReleaseAgeFilter | undefined {
  return releaseAge.create({ ...contextOf(configOf({ release_age: options })), now })
}

function made(options: Readonly<Record<string, string>>, now = NOW): ReleaseAgeFilter {
  const filter = filterOf(options, now)
  if (filter === undefined) throw new Error('no filter')
  return filter
}

function fileOf(uploadTime: string | undefined): ReleaseFile {
  return {
    filename: 'a-1.0.tar.gz',
    url: 'https://files.example/packages/a-1.0.tar.gz',
    path: '/packages/a-1.0.tar.gz',
    size: 1,
    digests: new Map(),
    digest: { name: 'sha256', hex: '' },
    uploadTime,
    coreMetadata: undefined,
    raw: {},
  }
}

interface Asked {
  readonly name?: string
  readonly version?: string
}

/** `keep`, or until when the file is held, or `never`. */
function answer(
  filter: ReleaseAgeFilter,
  uploadTime: string | undefined,
  { name = 'A', version = '1.0' }: Asked = {},
): string {
  const file = fileOf(uploadTime)
  const release: Release = { version, files: [file] }
  const due = filter.dueAt(file, release, { name })
  if (filter.keepFile(file, release, { name })) return due === undefined ? 'keep' : 'kept but due'
  return due === undefined ? 'never' : new Date(due).toISOString()
}

describe('min_days', () => {
  it('holds each file back for that long', () => {
    const filter = made({ min_days: '7' })
    expect(answer(filter, '2026-11-18T14:10:00Z')).toBe('keep')
    expect(answer(filter, '2026-11-18T14:10:00.000001Z')).toBe('2026-11-25T14:10:00.001Z')
    expect(answer(filter, '2026-11-25T14:00:00.123456+02:00')).toBe('2026-12-02T12:00:00.124Z')
    expect(answer(filter, '2027-01-01T00:00:00Z')).toBe('2027-01-08T00:00:00.000Z')
  })

  it('may be a fraction', () => {
    expect(answer(made({ min_days: '0.5' }), '2026-11-25T10:00:00Z')).toBe('2026-11-25T22:00:00.000Z')
  })

  it('reads a time without an offset as UTC, wherever the mirror stands', () => {
    expect(answer(made({ min_days: '1' }), '2026-11-25T10:00:00')).toBe('2026-11-26T10:00:00.000Z')
    expect(answer(made({ min_days: '1' }), '2026-11-25')).toBe('2026-11-26T00:00:00.000Z')
  })

  it.each(['-1', '-0.001', '7 days', 'nan', 'inf', '1e9', 'seven', ''])('refuses %j', (min_days) => {
    expect(() => filterOf({ min_days })).toThrow(ConfigError)
  })

  it('of 0, or none, has nothing to do', () => {
    const idle: string[] = []
    for (const options of [{ min_days: '0' }, {}]) {
      const context = {
        ...contextOf(configOf({ release_age: options })),
        now: NOW,
        warnUnused: (text: string) => void idle.push(text),
      }
      expect(releaseAge.create(context)).toBeUndefined()
    }
    expect(idle).toHaveLength(2)
  })
})

describe('unknown_time', () => {
  const unreadable = [undefined, '', 'yesterday', '2026-13-01T00:00:00Z', '2026-11-18T25:00:00Z', '0', '1764080000']
  it.each(unreadable)('decides over the upload time %j', (time) => {
    expect(answer(made({ min_days: '7' }), time)).toBe('never')
    expect(answer(made({ min_days: '7', unknown_time: 'drop' }), time)).toBe('never')
    expect(answer(made({ min_days: '7', unknown_time: 'keep' }), time)).toBe('keep')
  })

  it('refuses another word', () => {
    expect(() => filterOf({ min_days: '7', unknown_time: 'hold' })).toThrow(ConfigError)
  })
})

describe('exempt', () => {
  const exempt = '\n# ours\nOur_Tool\nrequests==2.32.4  # CVE\nflask>=3,<4\n'
  const filter = made({ min_days: '7', exempt })

  it.each([
    ['our.tool', '1.0', 'keep'],
    ['our-tool', 'not-a-version', 'keep'],
    ['Requests', '2.32.4', 'keep'],
    ['requests', '2.32.5', 'held'],
    ['flask', '3.1', 'keep'],
    ['flask', '4.0', 'held'],
    ['other', '1.0', 'held'],
  ])('lets through %s %s: %s', (name, version, expected) => {
    expect(answer(filter, '2026-11-25T14:00:00Z', { name, version }) === 'keep' ? 'keep' : 'held').toBe(expected)
    expect(answer(filter, undefined, { name, version }) === 'keep' ? 'keep' : 'held').toBe(expected)
  })

  it('refuses what is no requirement', () => {
    expect(() => filterOf({ min_days: '7', exempt: 'requests = 2' })).toThrow(ConfigError)
  })
})

describe('not_after', () => {
  it.each([
    ['2026-11-20', '2026-11-20T23:59:59Z', 'keep'],
    ['2026-11-20', '2026-11-21T00:00:00Z', 'never'],
    ['2026-11-20T12:00:00Z', '2026-11-20T11:59:59Z', 'keep'],
    ['2026-11-20T12:00:00+02:00', '2026-11-20T10:00:00Z', 'never'],
    ['2026-11-20 12:00', '2026-11-20T12:00:00Z', 'never'],
  ])('%s and a file of %s: %s', (not_after, time, expected) => {
    expect(answer(made({ not_after }), time)).toBe(expected)
  })

  it('counts beside min_days', () => {
    const filter = made({ not_after: '2026-11-24', min_days: '7' })
    expect(answer(filter, '2026-11-24T10:00:00Z')).toBe('2026-12-01T10:00:00.000Z')
    expect(answer(filter, '2026-11-25T10:00:00Z')).toBe('never')
  })

  it.each(['soon', '2026', '2026-W48', '20261120', '2026-02-30', '2026-11-20T25:00', '7'])(
    'refuses %j',
    (not_after) => {
      expect(() => filterOf({ not_after })).toThrow(ConfigError)
    },
  )
})

it('the settings are the same at every time, and others for other options', () => {
  const options = { min_days: '7', exempt: 'a', not_after: '2026-11-20' }
  const settings = JSON.stringify(made(options).settings)
  expect(JSON.stringify(made(options, NOW + DAY).settings)).toBe(settings)
  for (const change of [{ min_days: '8' }, { exempt: 'b' }, { not_after: '2026-11-21' }, { unknown_time: 'keep' }]) {
    expect(JSON.stringify(made({ ...options, ...change }).settings)).not.toBe(settings)
  }
})

describe('on any timeline', () => {
  const rulesOf = (minAge: number): ReleaseAgeRules => ({
    minAge,
    notAfter: undefined,
    unknownTime: 'drop',
    isExempt: () => false,
  })
  const judged = (rules: ReleaseAgeRules, uploaded: number, now: number): AgeVerdict =>
    judgeAge(rules, { name: 'a', version: '1.0', uploadTime: new Date(uploaded).toISOString() }, now)
  const moments = fc.integer({ min: NOW - 30 * DAY, max: NOW + 30 * DAY })
  const ages = fc.integer({ min: 0, max: 20 * DAY })

  it('a file is held exactly until its time, and the answer holds until then', () => {
    fc.assert(
      fc.property(moments, moments, ages, (uploaded, now, minAge) => {
        const verdict = judged(rulesOf(minAge), uploaded, now)
        expect(verdict.keep).toBe(now >= uploaded + minAge)
        if (verdict.keep || verdict.until === undefined) return
        expect(verdict.until).toBeGreaterThan(now)
        expect(judged(rulesOf(minAge), uploaded, verdict.until - 1)).toEqual(verdict)
        expect(judged(rulesOf(minAge), uploaded, verdict.until)).toEqual({ keep: true })
      }),
    )
  })

  /**
   * A mirror that looks at the project only when it changed, when min_days changed, or when the time that it noted
   * has come. Clocks may jump back.
   */
  it('looking again at the smallest time that was noted is enough', () => {
    const event = fc.record({
      at: moments,
      minAge: fc.constantFrom(DAY, 7 * DAY),
      uploads: fc.integer({ min: 0, max: 2 }),
    })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
        const uploads: number[] = []
        let shown: readonly number[] = []
        let noted: { minAge: number; due: number | undefined; looked: number } | undefined
        for (const { at, minAge, uploads: count } of events) {
          for (let n = 0; n < count; n++) uploads.push(at - n * DAY)
          const isDue = noted?.due !== undefined && at >= noted.due
          // A clock that went back makes every earlier answer doubtful.
          const wentBack = noted !== undefined && at < noted.looked
          if (noted === undefined || count > 0 || minAge !== noted.minAge || isDue || wentBack) {
            const verdicts = uploads.map((uploaded) => ({ uploaded, verdict: judged(rulesOf(minAge), uploaded, at) }))
            shown = verdicts.filter(({ verdict }) => verdict.keep).map(({ uploaded }) => uploaded)
            const times = verdicts.flatMap(({ verdict }) =>
              verdict.keep || verdict.until === undefined ? [] : [verdict.until],
            )
            noted = { minAge, due: times.length === 0 ? undefined : Math.min(...times), looked: at }
          }
          expect([...shown].sort()).toEqual(uploads.filter((uploaded) => uploaded + minAge <= at).sort())
          noted = { ...noted, looked: at }
        }
      }),
      { numRuns: 1000 },
    )
  })
})
