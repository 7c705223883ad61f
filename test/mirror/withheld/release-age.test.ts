import { describe, expect, it } from 'vitest'
import { explainProject } from '../../../src/mirror/explain.js'
import { mirrorStatus } from '../../../src/mirror/status.js'
import { explanationText } from '../../../src/report/explanation.js'
import { statusText } from '../../../src/report/status/text.js'
import { answerWith, createPackageIndex } from '../../helpers/index/index.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import type { ServerOptions } from '../../helpers/index/server.js'
import { engine, publish, serveTestIndex } from '../../helpers/engine.js'
import type { EngineOptions } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { day, dryRun, mirror, stored, sync, verify, versions } from './support.js'

const age = (days: number, more = ''): string =>
  `[plugins]\nenabled = release_age\n[release_age]\nmin_days = ${days}\n${more}`

interface Scene {
  readonly index: PackageIndex
  /** the time of what is published from now on */
  readonly at: (date: Date) => void
  readonly server: Awaited<ReturnType<typeof serveTestIndex>>
  readonly options: EngineOptions
}

/** A mirror that waits a week, of an index with `one`: 1.0 is two months old, 2.0 three days. `other` is old. */
async function scene(lines = 'json = true', onRequest?: ServerOptions['onRequest']): Promise<Scene> {
  let now = day(-60)
  const index = createPackageIndex({ clock: () => now.getTime() })
  publish(index, 'one', '1.0')
  publish(index, 'other', '1.0')
  now = day(-3)
  publish(index, 'one', '2.0')
  const server = await serveTestIndex(index, onRequest)
  const mirrorLines = `reconcile-interval = 100000\n${lines}`
  const options = { url: server.url, mirror: mirrorLines, sections: age(7), place: memoryPlace(), now: day(0) }
  return { index, server, options, at: (date) => void (now = date) }
}

const QUIET = ['RPC changelog_last_serial']

describe('a file that is too young', () => {
  it.each([
    ['json = true', 0],
    ['json = true\nsimple-api-version = 1.1', 0],
    ['json = true\nsimple-format = HTML', 0],
    ['json = false', 2],
    ['json = false\nsimple-api-version = 1.1', 1],
    ['metadata = simple', 1],
  ])('is held back, and appears without a change upstream: %s takes %i requests', async (lines, requests) => {
    const { options, server } = await scene(lines)
    const pages = /^web\/simple\/one\//
    const held = await mirror(options)
    expect(held.keys(pages).map((key) => held.text(key)?.includes('one-2.0'))).not.toContain(true)
    expect(held.keys(pages).map((key) => held.text(key)?.includes('one-1.0'))).not.toContain(false)
    expect(stored(held, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
    expect((await held.ledger()).get('one')).toMatchObject({ due: day(4).getTime() / 1000, held: 1 })
    expect((await held.ledger()).get('other')).not.toHaveProperty('due')
    expect(held.report).toMatchObject({ held: 1, blocked: 0 })

    server.reset()
    const quiet = await mirror({ ...options, now: new Date(day(4).getTime() - 1000) })
    expect([...server.requests.keys()]).toEqual(QUIET)
    expect(quiet.report).toMatchObject({ projectsSynced: 0, held: 1 })

    server.reset()
    const due = await mirror({ ...options, now: day(4) })
    expect(due.keys(pages).map((key) => due.text(key)?.includes('one-2.0'))).not.toContain(false)
    expect(stored(due, 'one')).toHaveLength(2)
    expect(due.report).toMatchObject({ projectsSynced: 1, held: 0 })
    expect(server.count(/^GET \/(?:pypi|simple)\//)).toBe(requests)
    expect((await due.ledger()).get('one')).not.toHaveProperty('due')
    expect(due.keys(/held/)).toEqual([])
  })

  it('of an old release is held back alone', async () => {
    const { options, index, at } = await scene()
    at(day(-1))
    publish(index, 'other', '1.0', 'sdist')
    const run = await mirror(options)
    expect(run.text('web/simple/other/index.html')).not.toContain('tar.gz')
    expect(run.text('web/simple/other/index.html')).toContain('.whl')
  })

  it('keeps the URL of its attestations when it appears without a request', async () => {
    const { options } = await scene('json = true')
    await mirror(options)
    const due = await mirror({ ...options, now: day(4) })
    const before = due.text('web/simple/one/index.v1_json')
    const anew = await mirror({ ...options, place: memoryPlace(), now: day(4) })
    expect(before).toBe(anew.text('web/simple/one/index.v1_json'))
    expect(before).toContain('"provenance"')
  })

  it('is let through by exempt, by name or by version', async () => {
    const { options } = await scene()
    for (const line of ['exempt = ONE', 'exempt = one == 2.0']) {
      const run = await mirror({ ...options, place: memoryPlace(), sections: age(7, line) })
      expect(versions(run, 'one')).toEqual(['1.0', '2.0'])
    }
    const other = await mirror({ ...options, place: memoryPlace(), sections: age(7, 'exempt = one == 3.0') })
    expect(versions(other, 'one')).toEqual(['1.0'])
  })

  it('does not count for latest_release', async () => {
    const { options, index, at } = await scene()
    at(day(-30))
    publish(index, 'one', '1.5')
    const sections = age(7, '[latest_release]\nkeep = 1\n').replace('enabled =', 'enabled = latest_release\n')
    const run = await mirror({ ...options, sections })
    expect(versions(run, 'one')).toEqual(['1.5'])
    expect(versions(await mirror({ ...options, sections, now: day(4) }), 'one')).toEqual(['2.0'])
  })

  it('leaves an empty page where there is nothing else, and comes even where other files must not be mirrored', async () => {
    const { options, index, at } = await scene()
    at(day(-1))
    publish(index, 'fresh', '1.0')
    const run = await mirror(options)
    expect(versions(run, 'fresh')).toEqual([])
    expect(run.text('web/simple/index.html')).toContain('fresh')
    expect(versions(await mirror({ ...options, now: day(6) }), 'fresh')).toEqual(['1.0'])
  })
})

describe('an edit of min_days', () => {
  it.each(['json = true', 'json = false'])(
    'to more takes files off the pages, to less brings them: %s',
    async (lines) => {
      const { options } = await scene(`removed-projects = delete\n${lines}`)
      const all = await mirror({ ...options, sections: '' })
      expect(versions(all, 'one')).toEqual(['1.0', '2.0'])
      const held = await mirror({ ...options, now: day(0.1) })
      expect(versions(held, 'one')).toEqual(['1.0'])
      expect(stored(held, 'one')).toHaveLength(1)
      const none = await mirror({ ...options, sections: age(90), now: day(0.2) })
      expect(versions(none, 'one')).toEqual([])
      expect((await none.ledger()).get('one')).toMatchObject({ due: day(30).getTime() / 1000, held: 2 })
      const back = await mirror({ ...options, sections: age(1), now: day(0.3) })
      expect(versions(back, 'one')).toEqual(['1.0', '2.0'])
      expect(stored(back, 'one')).toHaveLength(2)
    },
  )

  it('is put off a year at a time where it is longer than that', async () => {
    const { options, server } = await scene('json = false')
    const run = await mirror({ ...options, sections: age(3000) })
    expect((await run.ledger()).get('one')?.due).toBe(day(365).getTime() / 1000)
    server.reset()
    await mirror({ ...options, sections: age(3000), now: day(300) })
    expect([...server.requests.keys()]).toEqual(QUIET)
  })
})

describe('what else happens while a file is held', () => {
  it('an edit of the page format keeps it held, and known as due', async () => {
    const { options, server } = await scene('json = false')
    await mirror(options)
    server.reset()
    const edited = { ...options, mirror: `${options.mirror}\nhash-index = true` }
    const run = await mirror({ ...edited, now: day(1) })
    expect([...server.requests.keys()]).toEqual(QUIET)
    expect((await run.ledger()).get('one')).toMatchObject({ due: day(4).getTime() / 1000, held: 1 })
    const due = await mirror({ ...edited, now: day(4) })
    expect(due.text('web/simple/o/one/index.html')).toContain('one-2.0')
  })

  it('an edit in the run in which it is due brings it all the same', async () => {
    const { options } = await scene('json = false')
    await mirror(options)
    const run = await mirror({ ...options, mirror: `${options.mirror}\nsimple-format = JSON`, now: day(5) })
    expect(versions(run, 'one')).toEqual(['1.0', '2.0'])
  })

  it.each(['json = true', 'json = false'])('neither sync nor verify --delete bring it: %s', async (lines) => {
    const { options } = await scene(lines)
    await mirror(options)
    expect(versions(await sync({ ...options, now: day(1) }, 'one'), 'one')).toEqual(['1.0'])
    const checked = await verify({ ...options, now: day(1) })
    expect([checked.code, versions(checked, 'one')]).toEqual([0, ['1.0']])
    const anew = await verify({ ...options, now: day(1) }, { jsonUpdate: true })
    expect([anew.code, versions(anew, 'one')]).toEqual([0, ['1.0']])
    expect(stored(anew, 'one')).toHaveLength(1)
    expect((await anew.ledger()).get('one')).toMatchObject({ due: day(4).getTime() / 1000, held: 1 })
    expect(versions(await mirror({ ...options, now: day(4) }), 'one')).toEqual(['1.0', '2.0'])
  })

  it('a project that only sync brought is looked at when it is due', async () => {
    const { options, server } = await scene()
    const sections = `${age(7)}[allowlist]\npackages = other\n`.replace('enabled =', 'enabled = allowlist_project\n')
    await mirror({ ...options, sections })
    await sync({ ...options, sections, now: day(1) }, 'one')
    server.reset()
    const early = await mirror({ ...options, sections, now: day(3) })
    expect([...server.requests.keys()]).toEqual(QUIET)
    expect(JSON.parse(early.text('.bandersnatch/state.json') ?? '{}')).toMatchObject({
      nextLook: day(4).getTime() / 1000,
    })
  })

  it('verify does not fetch again what a page still names and the configuration now holds back', async () => {
    const { options } = await scene('json = false')
    const all = await mirror({ ...options, sections: '' })
    for (const key of all.keys(/one-2\.0[^/]*\.whl$/)) await all.storage.remove(key)
    const checked = await verify({ ...options, now: day(0.1) })
    expect(stored(checked, 'one')).toHaveLength(1)
    expect(checked.report.failures[0]?.reason).toMatch(/one-2\.0.*is held back or blocked now\. The next mirror run/)
    expect(versions(await mirror({ ...options, now: day(0.2) }), 'one')).toEqual(['1.0'])
  })

  it('a project that cannot be brought up to date loses what an edit holds back', async () => {
    let broken = false
    const { options } = await scene('json = false', ({ path }) =>
      broken && path.includes('/one') ? answerWith(418, {}, 'no') : 'pass',
    )
    await mirror({ ...options, sections: '' })
    broken = true
    const failed = await mirror({ ...options, now: day(0.1) })
    expect(failed.report.failures).toHaveLength(1)
    expect(versions(failed, 'one')).toEqual(['1.0'])
    broken = false
    expect(versions(await mirror({ ...options, now: day(5) }), 'one')).toEqual(['1.0', '2.0'])
  })

  it('a ledger that is lost is made anew with what is due', async () => {
    const { options } = await scene()
    const before = await mirror(options)
    await before.storage.remove('.bandersnatch/projects')
    const run = await mirror({ ...options, mirror: 'json = true', now: day(1.5) })
    expect((await run.ledger()).get('one')).toMatchObject({ due: day(4).getTime() / 1000, held: 1 })
    expect(versions(run, 'one')).toEqual(['1.0'])
  })

  it('a mirror of bandersnatch 8.0 loses what is too young in the first run', async () => {
    const { options } = await scene()
    const made = await mirror({ ...options, sections: '' })
    for (const key of made.keys(/^\.bandersnatch\//)) await made.storage.remove(key)
    const run = await mirror({ ...options, now: day(0.1) })
    expect(versions(run, 'one')).toEqual(['1.0'])
    expect(versions(await mirror({ ...options, now: day(4) }), 'one')).toEqual(['1.0', '2.0'])
  })
})

describe('a clock that was wrong', () => {
  it.each(['json = true', 'json = false'])('and is put back hides what it showed too early: %s', async (lines) => {
    const { options } = await scene(lines)
    await mirror(options)
    expect(versions(await mirror({ ...options, now: day(400) }), 'one')).toEqual(['1.0', '2.0'])
    const back = await mirror({ ...options, now: day(1) })
    expect(versions(back, 'one')).toEqual(['1.0'])
    expect(back.lines.join('\n')).toMatch(/The clock says 2026-03-02.*looked at again/)
    expect((await back.ledger()).get('one')).toMatchObject({ due: day(4).getTime() / 1000 })
    const next = await mirror({ ...options, now: day(2) })
    expect(next.lines.join('\n')).not.toMatch(/The clock says/)
    expect(versions(await mirror({ ...options, now: day(4) }), 'one')).toEqual(['1.0', '2.0'])
  })

  it.each([
    [6, /is 6 minutes behind that of .* appears that much too late/],
    [-600, /is 600 minutes ahead of that of .* appears that much too early/],
    [4, undefined],
  ])('against upstream by %i minutes is warned of', async (minutes, warning) => {
    const date = (): string => new Date(Date.now() + minutes * 60_000).toUTCString()
    const { options } = await scene('', ({ usual }) => {
      const answer = usual()
      return { ...answer, headers: { ...answer.headers, date: date() } }
    })
    const run = await mirror(options)
    const text = run.lines.filter((line) => line.startsWith('The clock of')).join('\n')
    if (warning === undefined) expect(text).toBe('')
    else expect(text).toMatch(warning)
    const without = await mirror({ ...options, sections: '', place: memoryPlace() })
    expect(without.lines.join('\n')).not.toContain('The clock of')
  })
})

describe('what is said of files that are held back', () => {
  it('in the explanation, the status and the plan', async () => {
    const { options } = await scene()
    const plan = await dryRun(options)
    expect(plan).toMatchObject({ held: 1, blocked: 0 })
    await mirror(options)
    const run = await engine(options)
    const text = explanationText(await explainProject(run, 'one'), day(0).getTime())
    expect(text).toContain('1 file held back')
    expect(text).toContain('file one-2.0-py3-none-any.whl: held back until 2026-03-05 12:00 UTC by release_age')
    const status = await mirrorStatus(await engine(options), { online: false, largest: 1 })
    expect(status).toMatchObject({ held: 1, blocked: 0, nextDue: '2026-03-05T12:00:00.000Z' })
    if (status === undefined) throw new Error('there is no mirror')
    expect(statusText(status, day(0).getTime())).toMatch(
      /^Not served +1 file held back, the next until 2026-03-05 12:00 UTC$/m,
    )
  })
})
