import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { statusCommand } from '../../src/commands/status.js'
import { statusHtml } from '../../src/report/status/html.js'
import { growth } from '../../src/report/status/outlook.js'
import { statusText } from '../../src/report/status/text.js'
import type { RunAtWork } from '../../src/mirror/at-work.js'
import type { RunRecord } from '../../src/mirror/state/history.js'
import type { MirrorStatus } from '../../src/mirror/status.js'
import { fixtureIndex, startIndex } from '../helpers/index/index.js'
import type { RunningIndex } from '../helpers/index/index.js'
import { bench } from '../commands/support.js'
import type { Bench } from '../commands/support.js'

const flags = { online: false, largest: 20, json: false, html: undefined }

function filesBelow(directory: string): { count: number; names: string[] } {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
  return { count: names.length, names }
}

describe('status', () => {
  let index: RunningIndex
  beforeAll(async () => {
    index = await startIndex(fixtureIndex())
  })
  afterAll(() => index.close())

  const mirrored = async (options = ''): Promise<Bench> => {
    const at = bench(index.url, options)
    await mirrorCommand(at.setting, { forceCheck: false, allowRemovals: false, retryFailed: false })
    return at
  }

  it.each([
    ['ALL', ''],
    ['HTML', 'simple-format = HTML\n'],
    ['hashed', 'hash-index = true\nsimple-format = JSON\n'],
  ])('counts what a mirror with %s pages holds', async (_, options) => {
    const at = await mirrored(options)
    const before = readdirSync(at.mirror, { recursive: true }).sort()
    expect(await statusCommand(at.setting, { ...flags, json: true, online: true, largest: 0 })).toBe(0)
    const status = JSON.parse(at.printed()) as MirrorStatus
    const { count, names } = filesBelow(join(at.mirror, 'web/packages'))
    expect(status.files).toBe(count)
    expect(status.largest).toHaveLength(status.projects)
    expect(status.largest.reduce((sum, { files }) => sum + files, 0)).toBe(
      names.filter((name) => !name.endsWith('.metadata')).length,
    )
    expect(status.largest[0]?.name).toBe('demo-big')
    expect(status.largest[0]?.bytes).toBeGreaterThan(3e6)
    expect(status.behind).toBe(0)
    expect(readdirSync(at.mirror, { recursive: true }).sort()).toEqual(before)
  })

  it('is readable, and lists no more projects than asked for', async () => {
    const at = await mirrored()
    await statusCommand(at.setting, { ...flags, largest: 2 })
    const lines = at.printed().split('\n')
    expect(lines[0]).toBe(`Mirror          ${at.mirror} of ${index.url}`)
    expect(lines).toContainEqual(expect.stringMatching(/^Holds {11}\d+ projects, \d+ files, [\d.]+ MB$/))
    expect(lines.slice(lines.indexOf('Largest projects') + 1).filter((line) => line !== '')).toHaveLength(2)
  })

  it('writes a page', async () => {
    const at = await mirrored()
    const html = join(at.directory, 'status.html')
    expect(await statusCommand(at.setting, { ...flags, html })).toBe(0)
    expect(readFileSync(html, 'utf8')).toContain('<li><span>demo-big</span>')
    await expect(statusCommand(at.setting, { ...flags, html: '/nowhere/status.html' })).rejects.toThrow(
      'The page cannot be written to /nowhere/status.html: ENOENT',
    )
  })

  it('refuses a directory that is no mirror', async () => {
    const at = bench(index.url)
    await expect(statusCommand(at.setting, flags)).rejects.toThrow(`${at.mirror} is not a mirror`)
    mkdirSync(at.mirror)
    await expect(statusCommand(at.setting, flags)).rejects.toThrow('is not a mirror')
    expect(readdirSync(at.mirror)).toEqual([])
  })
})

describe('the status page', () => {
  const run = (day: number, more: Partial<RunRecord> = {}): RunRecord => ({
    command: 'mirror',
    startedAt: new Date(Date.UTC(2026, 0, day)).toISOString(),
    seconds: 60,
    ok: true,
    serial: 100 + day,
    upstreamSerial: 100 + day,
    projects: 3,
    synced: 1,
    files: 2,
    bytes: 1e9,
    filesRemoved: 0,
    removed: 0,
    failures: 0,
    warnings: 0,
    lastSuccess: undefined,
    ...more,
  })
  const running: RunAtWork = {
    command: 'mirror',
    since: '2026-01-03T22:00:00.000Z',
    host: 'box',
    pid: 12,
    done: 34,
    total: 500,
  }
  const evil = '"><script>alert(1)</script>\'&'
  const status: MirrorStatus = {
    location: `/srv/${evil}`,
    upstream: `https://pypi.org/${evil}`,
    serial: 5,
    upstreamSerial: 7,
    behind: 2,
    held: 0,
    blocked: 0,
    nextDue: undefined,
    owed: 1,
    projects: 3,
    files: 9,
    bytes: 5e9,
    bytesFree: undefined,
    running: undefined,
    largest: [{ name: evil, files: 3, bytes: 3e9 }],
    unknown: [],
    failures: [{ project: evil, since: evil, runs: 2, next: evil, reason: evil }],
    history: [run(1), run(2, { ok: false, serial: 90 }), run(3, { command: evil })],
  }
  const page = statusHtml(status, Date.UTC(2026, 0, 4))

  it('has nothing that runs or comes from elsewhere, and escapes everything', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|\son\w+=|javascript:/i)
    expect(page.match(/(?:src|href)=/g)).toBeNull()
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(7)
  })

  it('draws growth and lag over the runs', () => {
    expect(page).toContain('aria-label="Growth: from 3.00 GB to 5.00 GB"')
    expect(page).toContain('<polyline class="line" points="0,64.8 300,34.4 600,4"/>')
    expect(page).toContain('aria-label="Lag: from 0 to 0"')
    expect(page).toContain('<path class="bad" d="M300,4h0"/>')
  })

  it('says for how long a project has been owed, in text too', () => {
    const failure = { project: 'foo', runs: 4, reason: 'HTTP status 500', next: '2026-01-04T06:00:00.000Z' }
    const failing = { ...status, failures: [{ ...failure, since: '2025-12-26T00:00:00.000Z' }] }
    const now = Date.UTC(2026, 0, 4)
    expect(statusText(failing, now)).toContain(
      '  foo, for 9 days (since 2025-12-26 00:00 UTC, 4 runs, not tried again before 2026-01-04 06:00 UTC): HTTP status 500',
    )
    expect(statusHtml(failing, now)).toContain('<td data-head="For">9 days</td>')
  })

  it('tells of a run at work, of removals that a guard refused, and when the space ends', () => {
    const now = Date.UTC(2026, 0, 13)
    const refusal = '30 of 40 mirrored projects would go: run mirror --allow-removals once'
    const history = [run(1), run(3), run(5, { ok: false, refusal })]
    const more = { ...status, failures: [], owed: 40, bytesFree: 20e9, running, history }
    const lines = statusText(more, now).split('\n')
    expect(lines).toContain('Space           20.0 GB free; at 200 MB a day full in 100 days (2026-04-23)')
    expect(lines).toContain(
      'At work         mirror since 2026-01-03 22:00 UTC (for 9 days), 34 of 500 projects done (process 12 on box)',
    )
    expect(lines).toContain(`Refused         ${refusal}`)
    expect(lines).toContain('Complete as of  2026-01-03 00:00 UTC, 10 d ago')
    expect(statusText({ ...more, running: undefined }, now)).toContain('Owed            40 projects')
    expect(lines.join()).not.toContain('Owed')
    const html = statusHtml(more, now)
    expect(html).toContain(`<p class="failing">Refused: ${refusal}</p>`)
    expect(html).toContain(
      '<p>At work: mirror since 2026-01-03 22:00 UTC, 34 of 500 projects done (process 12 on box)</p>',
    )
    expect(html).not.toMatch(/\bago\b/)
  })

  it('does not take the first copy of everything for growth', () => {
    const now = Date.UTC(2026, 0, 13)
    expect(growth([run(1, { ok: false, bytes: 9e12 }), run(2, { bytes: 9e12 })], now)).toBeUndefined()
    expect(growth([run(2, { bytes: 9e12 }), run(3), run(8)], now)).toBe(2e8)
  })

  it('does not call a mirror complete that owes something', () => {
    const level = (more: Partial<MirrorStatus>): string | undefined =>
      statusText({ ...status, behind: 0, owed: 0, ...more }, 0).split('\n')[1]
    expect(level({})).toBe('Serial          5, as upstream has, but for what is owed')
    expect(level({ failures: [] })).toBe('Serial          5, as upstream has')
  })

  it('begins with a verdict', () => {
    const verdict = (more: Partial<MirrorStatus>): string | undefined =>
      /<p class="(verdict[^"]*">[^<]*)</.exec(statusHtml({ ...status, failures: [], owed: 0, ...more }, 0))?.[1]
    expect(verdict({ failures: status.failures })).toBe('verdict failing">Not up to date: 1 project failing.')
    expect(verdict({ owed: 2 })).toBe('verdict failing">Not up to date: 2 projects still to do.')
    expect(verdict({})).toBe('verdict failing">The last run could not do everything.')
    expect(verdict({ history: [run(1)] })).toBe(
      'verdict">Complete as of 2026-01-01 00:00 UTC (serial 5), 2 serials behind upstream.',
    )
    expect(verdict({ history: [], behind: undefined })).toBe('verdict">Complete (serial 5).')
    expect(verdict({ history: [run(1, { ok: false, refusal: '30 of 40 would go' })] })).toBe(
      'verdict failing">Not up to date: a guard keeps projects from being removed.',
    )
    // What a run at work has not come to yet is no failure.
    expect(verdict({ owed: 2, running, history: [run(1)] })).toMatch(/^verdict">Complete as of 2026-01-01/)
    expect(verdict({ history: [], serial: undefined })).toBe('verdict failing">No run has been complete yet.')
  })

  it('has a word for what there is not yet', () => {
    const empty = statusHtml({ ...status, history: [], failures: [], largest: [] }, 0)
    expect(empty).toContain('There is nothing to draw before the second run.')
    expect(empty).not.toContain('<table>')
  })
})
