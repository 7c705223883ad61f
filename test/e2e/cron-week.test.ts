import { expect, it } from 'vitest'
import { passOver, takeLock } from '../../src/commands/lock.js'
import { LockedError, UpstreamError } from '../../src/errors.js'
import { runMirror } from '../../src/mirror/mirror.js'
import { summarized } from '../../src/report/summary/summarized.js'
import { NOW, engine, indexOf, listedNames, publish, serveTestIndex } from '../helpers/engine.js'
import { answerWith } from '../helpers/index/index.js'
import { memoryPlace } from '../helpers/memory-storage.js'
import { memoryLog } from '../log/support.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const MINUTES = 10
const RUNS = (7 * 24 * 60) / MINUTES
const NAMES = Array.from({ length: 20 }, (_, at) => `p${at}`)

/** The run with which something begins or ends: day from 1, hour, minute. */
const runAt = (day: number, hour: number, minute = 0): number => ((day - 1) * 24 * 60 + hour * 60 + minute) / MINUTES

it('a week of cron: whatever is new is told once, and a failure once a day', async () => {
  const index = indexOf('bad', 'half', ...NAMES)
  let down = false
  const broken = new Set<string>()
  const server = await serveTestIndex(index, ({ path }) =>
    [...broken].some((part) => path.includes(part)) ? answerWith(500, {}, 'no') : 'pass',
  )
  // The question that each run asks takes no connection: there are a thousand of them.
  const lastSerial = async (): Promise<number> => {
    if (down) throw new UpstreamError('connect', `${server.url}: connection refused`)
    return index.serial
  }
  const place = memoryPlace()
  let runs = 0
  let busy = 0

  /** `bandersnatch --quiet mirror --if-free`, as cron starts it; returns what cron would mail. */
  async function cron(now: Date, flags: Partial<typeof PLAIN> = {}): Promise<string> {
    const { log, written } = memoryLog({ level: 'quiet' })
    log.withhold()
    log.warn('[mirror] old-option has no effect')
    const run = await engine({ url: server.url, place, now, log, upstream: { lastSerial } })
    runs += 1
    try {
      const wait = { waitSeconds: 0, log, signal: run.signal }
      const lock = await takeLock(run.storage, 'mirror', wait)
      const about = { command: 'mirror', log, summaryJson: undefined, digest: true }
      await summarized(run, about, () => runMirror(run, { ...PLAIN, ...flags }))
      await lock.release()
    } catch (error) {
      if (!(error instanceof LockedError)) throw error
      expect(passOver(log)(error)).toBe(0)
      busy += 1
    } finally {
      await run.http.close()
    }
    log.tell()
    return written.stderr.replace(/^\S+ \S+ [A-Z]+: /gm, '')
  }

  const events: readonly (readonly [run: number, happen: () => void])[] = [
    // Routine: releases, removals, a lock that is held.
    ...Array.from({ length: 56 }, (_, at) => [at * 18 + 7, () => publish(index, 'p1', `2.${at}`)] as const),
    [runAt(1, 12), () => index.deleteProject('p2')],
    [runAt(3, 5), () => index.deleteProject('p3')],
    [runAt(3, 9), () => (place.lock = JSON.stringify({ command: 'verify', host: 'other', pid: 2 }))],
    [runAt(3, 10), () => (place.lock = undefined)],
    // A project fails for 30 hours.
    [runAt(2, 3), () => (publish(index, 'bad', '2.0'), broken.add('/bad'))],
    [runAt(3, 9), () => (broken.delete('/bad'), publish(index, 'bad', '3.0'))],
    // Upstream is out of reach for three hours, and something changes meanwhile.
    [runAt(4, 10), () => (down = true)],
    [runAt(4, 12), () => publish(index, 'p4', '2.0')],
    [runAt(4, 13), () => (down = false)],
    // Upstream loses most of its projects for two hours.
    [runAt(5, 1), () => NAMES.slice(5).forEach((name) => index.deleteProject(name))],
    [runAt(5, 3), () => NAMES.slice(5).forEach((name) => publish(index, name, '3.0'))],
    // A file that cannot be had, to the end of the week.
    [runAt(6, 20), () => (broken.add('half-2.0'), publish(index, 'half', '2.0'))],
  ]

  const mails: string[] = []
  for (let at = 0; at < RUNS; at += 1) {
    for (const [run, happen] of events) if (run === at) happen()
    const now = new Date(NOW.getTime() + at * MINUTES * 60_000)
    const mail = await cron(now)
    const day = Math.floor((at * MINUTES) / 1440) + 1
    const clock = new Date(((at * MINUTES) % 1440) * 60_000).toISOString().slice(11, 16)
    if (mail !== '') mails.push(`day ${day}, ${clock}\n${mail}`)
  }

  expect({ runs, busy }).toEqual({ runs: 1008, busy: 6 })
  expect(
    mails
      .join('\n')
      .replace(/after [\d.]+ s/g, 'after … s')
      .replace(/ on \d+ connections?/g, '')
      .replaceAll(server.url, 'URL'),
  ).toMatchInlineSnapshot(`
    "day 1, 00:00
    mirror done after … s: 22 projects updated, 44 files fetched (20.7 kB), 89 requests
    [mirror] old-option has no effect

    day 2, 03:00
    mirror done, but not everything after … s: 0 projects updated, 0 files fetched (0 bytes), 9 requests (7 repeated)
    Not up to date: bad: URL/pypi/bad/json: HTTP status 500 (asked 8 times in this run) (failing since 2026-03-02 15:00 UTC, 1 run)

    day 3, 03:00
    mirror done, but not everything after … s: 0 projects updated, 0 files fetched (0 bytes), 0 requests
    Not up to date: bad: URL/pypi/bad/json: HTTP status 500 (not asked again before 2026-03-04 10:00 UTC; --retry-failed asks at once) (failing since 2026-03-02 15:00 UTC, 11 runs)

    day 3, 10:00
    mirror done after … s: 1 project updated, 4 files fetched (1.90 kB), 7 requests
    Up to date again: bad, which had failed (since 2026-03-02 15:00 UTC)

    day 4, 10:00
    mirror stopped after … s: 0 projects updated, 0 files fetched (0 bytes), 0 requests
    mirror stopped: URL: connection refused

    day 4, 13:00
    mirror done after … s: 2 projects updated, 4 files fetched (1.88 kB), 9 requests
    Runs reach their end again, which they had not (since 2026-03-04 22:00 UTC)

    day 5, 01:00
    mirror done, but not everything after … s: 0 projects updated, 0 files fetched (0 bytes), 2 requests
    Refused: 15 of 20 mirrored projects would go, more than the 10 that removal-limit allows: nothing is removed. Check upstream; if it is right, run mirror --allow-removals once

    day 5, 03:00
    mirror done after … s: 15 projects updated, 30 files fetched (14.2 kB), 62 requests
    Nothing is refused any more, as it had been (since 2026-03-05 13:00 UTC)

    day 6, 20:00
    mirror done, but not everything after … s: 1 project updated, 0 files fetched (0 bytes), 15 requests (7 repeated)
    Not up to date: half: URL/packages/b1/31/87398d49420810677f2a0af9a6e1ae2eeb37876405e470ef94a7f0c17718/half-2.0-py3-none-any.whl: HTTP status 500 (asked 8 times in this run) (failing since 2026-03-07 08:00 UTC, 1 run)

    day 7, 20:00
    mirror done, but not everything after … s: 0 projects updated, 0 files fetched (0 bytes), 0 requests
    Not up to date: half: URL/packages/b1/31/87398d49420810677f2a0af9a6e1ae2eeb37876405e470ef94a7f0c17718/half-2.0-py3-none-any.whl: HTTP status 500 (not asked again before 2026-03-09 03:00 UTC; --retry-failed asks at once) (failing since 2026-03-07 08:00 UTC, 11 runs)
    "
  `)
  const last = await engine({ url: server.url, place })
  expect(listedNames(last)).toEqual(['bad', 'half', ...NAMES].filter((name) => name !== 'p2' && name !== 'p3').sort())
}, 120_000)
