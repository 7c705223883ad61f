import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../src/log/types.js'
import type { Told } from '../../src/mirror/state/told.js'
import { makeDigest } from '../../src/report/summary/digest.js'
import type { Summary } from '../../src/report/summary/data.js'
import { emptySummary } from './support.js'

const START = Date.UTC(2026, 2, 1)
const HOUR = 3600_000

const failing = (...projects: string[]): Partial<Summary> => ({
  ok: false,
  exitCode: 1,
  failures: projects.map((project) => ({ project, reason: 'HTTP status 500', since: '2026-03-01T00:00:00Z', runs: 1 })),
})
const outage: Partial<Summary> = { ok: false, exitCode: 7, error: 'upstream refuses' }
const warning = (text: string): LogLine => ({ level: 'warn', text })

/** Runs one after the other; returns what each tells, without the headline. */
function week(
  ...runs: readonly (readonly [hours: number, summary: Partial<Summary>, lines?: readonly LogLine[]])[]
): string[][] {
  let told: Told = new Map()
  return runs.map(([hours, more, lines = []]) => {
    const startedAt = new Date(START + hours * HOUR).toISOString()
    const digest = makeDigest({ ...emptySummary, ...more, startedAt }, lines, told)
    told = digest.told
    return digest.lines.slice(1).map(({ text }) => text)
  })
}

const foo = 'Not up to date: foo: HTTP status 500 (failing since 2026-03-01 00:00 UTC, 1 run)'
const over = 'Up to date again: foo, which had failed (since 2026-03-01 00:00 UTC)'

describe('the digest of a run', () => {
  it('tells a failure when it is new, then once a day, then that it is over', () => {
    expect(
      week([0, failing('foo')], [1, failing('foo')], [23.8, failing('foo')], [24, failing('foo')], [25, {}], [26, {}]),
    ).toEqual([[foo], [], [], [foo], [over], []])
  })

  it('does not tell it again on the same day where it comes and goes', () => {
    expect(week([0, failing('foo')], [1, {}], [2, failing('foo')], [3, {}], [24.5, failing('foo')], [25, {}])).toEqual([
      [foo],
      [over],
      [],
      [],
      [foo],
      [over],
    ])
  })

  it('tells a new failure beside those that were told', () => {
    expect(week([0, failing('foo')], [1, failing('foo', 'bar')])[1]).toEqual([
      foo.replace('foo', 'bar'),
      "1 failure as told before ('bandersnatch status' lists them)",
    ])
  })

  it('tells an outage once, and its end; a run that was stopped says nothing of projects', () => {
    expect(week([0, failing('foo')], [1, outage], [2, outage], [3, failing('foo')], [4, {}])).toEqual([
      [foo],
      ['mirror stopped: upstream refuses'],
      [],
      [
        'Runs reach their end again, which they had not (since 2026-03-01 01:00 UTC)',
        "1 failure as told before ('bandersnatch status' lists them)",
      ],
      [over],
    ])
  })

  it('does not take for healed what a run did not come to', () => {
    const cut = { projects: { ...emptySummary.projects, left: 3 } }
    const runs = [
      [0, failing('foo')],
      [1, cut],
      [2, { stoppedEarly: true }],
      [3, failing('foo')],
      [4, {}],
    ] as const
    expect(week(...runs)).toEqual([[foo], [], [], [], [over]])
  })

  it('tells a warning once, however long it lasts', () => {
    const lines = [warning('no effect')]
    expect(
      week([0, {}, lines], [30, {}, lines], [60, {}, lines], [61, {}], [62, {}, lines], [100, {}], [101, {}, lines]),
    ).toEqual([['no effect'], [], [], [], [], [], ['no effect']])
  })

  it('tells a refusal once, whatever it counts, and when it is over', () => {
    const refused = (count: number): Partial<Summary> => ({
      ok: false,
      exitCode: 1,
      refusals: [`${count} of 1,000 would go`],
    })
    expect(week([0, refused(30)], [1, refused(31)], [2, {}])).toEqual([
      ['Refused: 30 of 1,000 would go'],
      [],
      ['Nothing is refused any more, as it had been (since 2026-03-01 00:00 UTC)'],
    ])
  })

  it('is empty after a run with nothing new, and remembers nothing that is long over', () => {
    const before: Told = new Map([['failure foo', { since: START, told: START, seen: START, open: false }]])
    const startedAt = new Date(START + 25 * HOUR).toISOString()
    expect(makeDigest({ ...emptySummary, startedAt }, [], before)).toEqual({
      lines: [],
      failing: false,
      told: new Map(),
    })
  })

  it('takes a signal for no failure', () => {
    const stopped = { ...emptySummary, ...outage, exitCode: 143, startedAt: new Date(START).toISOString() }
    expect(makeDigest(stopped, [], new Map())).toMatchObject({
      failing: false,
      lines: [{}, { text: 'mirror stopped: upstream refuses' }],
    })
  })

  it('forgets what a clock in the future noted', () => {
    const later = START + 1000 * HOUR
    const before: Told = new Map([['failure foo', { since: later, told: later, seen: later, open: true }]])
    const summary = { ...emptySummary, ...failing('foo'), startedAt: new Date(START).toISOString() }
    expect(makeDigest(summary, [], before).failing).toBe(true)
  })

  it('is short where much fails at once', () => {
    const many = failing(...Array.from({ length: 5000 }, (_, at) => `p${at}`))
    const [told = []] = week([0, many])
    expect([told.length, told.at(-1)]).toEqual([51, '… and 4,950 more failures'])
  })
})
