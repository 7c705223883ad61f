import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withMirror } from '../../src/commands/open.js'
import { summarized } from '../../src/report/summary/summarized.js'
import { summaryLines } from '../../src/report/summary/lines.js'
import { toRecord } from '../../src/report/summary/data.js'
import type { Summary } from '../../src/report/summary/data.js'
import { metricsText } from '../../src/report/summary/metrics.js'
import { StorageError } from '../../src/errors.js'
import type { Context } from '../../src/mirror/run/context.js'
import { appendHistory, loadHistory } from '../../src/mirror/state/history.js'
import type { RunRecord } from '../../src/mirror/state/history.js'
import { runMirror } from '../../src/mirror/mirror.js'
import { fixtureIndex, startIndex } from '../helpers/index/index.js'
import type { RunningIndex } from '../helpers/index/index.js'
import { bench } from '../commands/support.js'
import type { Bench } from '../commands/support.js'
import { emptySummary } from './support.js'

const opening = { command: 'mirror', writesDiff: false, creates: true }

/** A run of `mirror` as the command does it, with whatever else is to happen in it. */
function run(
  { setting }: Bench,
  also: (context: Context) => Promise<void> = async () => undefined,
  summaryJson?: string,
): Promise<number> {
  return withMirror(setting, opening, (context) =>
    summarized(context, { command: 'mirror', log: setting.log, summaryJson }, async () => {
      await runMirror(context, { forceCheck: false, allowRemovals: false, retryFailed: false })
      await also(context)
    }),
  )
}

describe('the summary of a run', () => {
  let index: RunningIndex
  beforeAll(async () => {
    index = await startIndex(fixtureIndex())
  })
  afterAll(() => index.close())

  it('is logged, written as JSON and as metrics, and remembered', async () => {
    const at = bench(index.url, 'metrics-file = METRICS\n')
    const json = join(at.directory, 'summary.json')
    const metrics = join(at.directory, 'bandersnatch.prom')
    const setting = { ...at.setting, configPath: at.configWith('METRICS', metrics) }
    expect(await run({ ...at, setting }, undefined, json)).toBe(0)
    expect(at.logged()).toMatch(
      /INFO: mirror done after [\d.]+ s: \d+ projects updated, \d+ files fetched \([\d.]+ MB\), \d+ requests on \d+ connections?\n/,
    )
    expect(at.logged()).toMatch(/INFO: The mirror has serial \d+/)

    const summary = JSON.parse(readFileSync(json, 'utf8')) as Summary
    expect(summary).toMatchObject({ command: 'mirror', ok: true, exitCode: 0, upstream: index.url, failures: [] })
    expect(summary.files.fetched).toBeGreaterThan(20)

    const text = readFileSync(metrics, 'utf8')
    expect(text).toContain(`\nbandersnatch_serial ${summary.serial.after}\n`)
    expect(text).toContain(`\nbandersnatch_last_run_files{command="mirror"} ${summary.files.fetched}\n`)
    expect(text).toContain('\nbandersnatch_last_run_success{command="mirror"} 1\n')
    expect(statSync(metrics).mode & 0o777).toBe(0o644)
    expect(readdirSync(at.directory).filter((name) => name.endsWith('.tmp'))).toEqual([])

    const [line] = readFileSync(join(at.mirror, '.bandersnatch/history.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(line ?? '')).toMatchObject({
      command: 'mirror',
      ok: true,
      files: summary.files.fetched,
      lastSuccess: summary.endedAt,
    })
  })

  it('says what failed, what was warned of, and exits 1', async () => {
    const at = bench(index.url)
    const json = join(at.directory, 'summary.json')
    const code = await run(
      at,
      async ({ report, log }) => {
        log.warn('an odd thing')
        report.failures.push({ project: 'foo', reason: 'HTTP status 500' })
        report.refusals.push('nothing is removed')
        report.removals.push({ project: 'bar', reason: 'gone', by: 'upstream' })
      },
      json,
    )
    expect(code).toBe(1)
    const told = at.logged().slice(at.logged().indexOf('mirror done, but not everything'))
    for (const text of [
      'ERROR: Not up to date: foo: HTTP status 500',
      'ERROR: Refused: nothing is removed',
      'INFO: 1 warning above',
    ]) {
      expect(told).toContain(text)
    }
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      ok: false,
      exitCode: 1,
      warnings: { count: 1, first: ['an odd thing'] },
    })
  })

  it('tells of a run that ended early, too', async () => {
    const at = bench(index.url)
    const failing = run(at, () => Promise.reject(new StorageError('no space left')))
    await expect(failing).rejects.toThrow('no space left')
    expect(at.logged()).toContain('mirror stopped after')
    const [line] = readFileSync(join(at.mirror, '.bandersnatch/history.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(line ?? '')).toMatchObject({ ok: false })
  })

  it('does not change the exit code where it cannot be written', async () => {
    const at = bench(index.url, 'metrics-file = /nowhere/x.prom\n')
    const history = join(at.mirror, '.bandersnatch/history.jsonl')
    mkdirSync(history, { recursive: true })
    expect(await run(at, undefined, '/nowhere/summary.json')).toBe(0)
    expect(at.logged()).toContain('WARNING: The summary cannot be written to /nowhere/summary.json: ENOENT')
    expect(at.logged()).toContain('WARNING: The metrics-file cannot be written to /nowhere/x.prom: ENOENT')
    expect(at.logged()).toContain('WARNING: The run cannot be added to the history')
    rmSync(history, { recursive: true })
  })

  it('remembers the last thousand runs, whatever else is in the file', async () => {
    const at = bench(index.url)
    await withMirror(at.setting, opening, async ({ storage }) => {
      const lines = Array.from({ length: 1000 }, (_, i) =>
        JSON.stringify({ command: 'mirror', startedAt: new Date(i * 1000).toISOString(), files: i }),
      )
      await storage.write(
        '.bandersnatch/history.jsonl',
        ['not JSON', '[]', '{"command":1}', '{"command":"x","startedAt":"never"}', ...lines].join('\n'),
      )
      const runs = await loadHistory(storage)
      expect(runs).toHaveLength(1000)
      const [first] = runs
      if (first === undefined) throw new Error('no runs')
      await appendHistory(storage, runs, { ...first, startedAt: '2030-01-01T00:00:00.000Z' })
      const after = await loadHistory(storage)
      expect(after).toHaveLength(1000)
      expect([after[0]?.files, after.at(-1)?.startedAt]).toEqual([1, '2030-01-01T00:00:00.000Z'])
    })
  })
})

const record = (more: Partial<RunRecord>): RunRecord => ({
  command: 'mirror',
  startedAt: '2026-01-01T00:00:00.000Z',
  seconds: 12.5,
  ok: true,
  serial: 100,
  upstreamSerial: 120,
  projects: 7,
  synced: 1,
  files: 2,
  bytes: 3,
  filesRemoved: 4,
  removed: 5,
  failures: 0,
  warnings: 1,
  lastSuccess: '2026-01-01T00:00:12.500Z',
  ...more,
})

describe('metrics', () => {
  it('has the last run of each command, and what the mirror is by whoever knew last', () => {
    const text = metricsText([
      record({ seconds: 1 }),
      record({}),
      record({
        command: 'verify',
        startedAt: '2026-01-02T00:00:00.000Z',
        ok: false,
        serial: undefined,
        upstreamSerial: undefined,
        projects: undefined,
        lastSuccess: undefined,
      }),
    ])
    expect(text).toContain(
      '# HELP bandersnatch_lag Serials that the mirror is behind upstream.\n# TYPE bandersnatch_lag gauge\nbandersnatch_lag 20\n',
    )
    expect(text).toContain('bandersnatch_serial 100\n')
    expect(text).toContain('bandersnatch_projects 7\n')
    expect(text).toContain(
      'bandersnatch_last_run_duration_seconds{command="mirror"} 12.5\nbandersnatch_last_run_duration_seconds{command="verify"} 12.5\n',
    )
    expect(text).toContain(
      'bandersnatch_last_run_success{command="mirror"} 1\nbandersnatch_last_run_success{command="verify"} 0\n',
    )
    expect(text.match(/last_success_timestamp_seconds\{/g)).toHaveLength(1)
    expect(text).toContain('bandersnatch_owed 0\n')
    expect(text).not.toContain('oldest_failure')
    expect(
      text.split('\n').every((line) => /^(# (HELP|TYPE) \w+ .+|\w+(\{command="\w+"\})? -?[\d.e+]+|)$/.test(line)),
    ).toBe(true)
  })
})

it('metrics say since when the oldest project is owed', () => {
  const text = metricsText([
    record({ failures: 2, oldestFailure: '2026-01-01T00:00:00.000Z' }),
    record({ command: 'sync', failures: 0 }),
  ])
  expect(text).toContain('\nbandersnatch_owed 2\n')
  expect(text).toContain('\nbandersnatch_oldest_failure_timestamp_seconds 1767225600\n')
})

it('metrics say how far behind the mirror is, what is stored and free, and what was refused', () => {
  const first = record({ startedAt: '2026-01-01T00:00:00.000Z', bytesStored: 5000 })
  const failed = record({
    startedAt: '2026-01-01T06:00:00.000Z',
    ok: false,
    bytesStored: 6000,
    bytesFree: 1e9,
    removalsRefused: 30,
    reasons: { changed: 4, owed: 1 },
  })
  expect(metricsText([first])).toContain('\nbandersnatch_behind_seconds 0\n')
  const text = metricsText([first, failed])
  for (const line of [
    'behind_seconds 21600',
    'bytes_stored 6000',
    'bytes_free 1000000000',
    'removals_refused 30',
    'last_run_reasons{reason="changed"} 4',
    'last_run_reasons{reason="owed"} 1',
  ]) {
    expect(text).toContain(`\nbandersnatch_${line}\n`)
  }
})

it('the history knows how much is stored: from the start, or from what a complete verify counted', () => {
  const files = { fetched: 1, bytes: 10, removed: 0 }
  const fresh = { ...emptySummary, serial: { before: undefined, after: 5, upstream: 5, behind: 0 }, files }
  const counted = { projects: 2, files: 3, bytes: 700, pages: 2, documents: 0, finishedBefore: 0 }
  const repaired = { files: 0, pages: 0, documents: 0 }
  const verify = { ...emptySummary, command: 'verify', files, verified: { ...counted, repaired } }
  const of = (summary: Summary, ...before: RunRecord[]): number | undefined => toRecord(summary, before).bytesStored
  expect(of(fresh)).toBe(10)
  expect(of({ ...emptySummary, files })).toBeUndefined()
  expect(of({ ...emptySummary, files }, record({ bytesStored: 100 }))).toBe(110)
  expect(of(verify, record({ bytesStored: 100 }))).toBe(710)
  // What an interrupted verify had counted nobody knows any more.
  expect(of({ ...verify, verified: { ...counted, repaired, finishedBefore: 1 } }, record({}))).toBeUndefined()
})

describe('the lines of a summary', () => {
  const summary: Summary = {
    command: 'mirror',
    ok: false,
    exitCode: 1,
    error: undefined,
    startedAt: '',
    endedAt: '',
    seconds: 4000,
    upstream: 'https://pypi.org',
    serial: { before: 5, after: 5, upstream: 1_005, behind: 1_000 },
    verified: undefined,
    planned: undefined,
    projects: { synced: 1, removed: 0, gone: 0, filtered: 0, left: 0, mirrored: 3 },
    files: { fetched: 1, bytes: 1, removed: 2 },
    requests: { sent: 4, repeated: 2, connections: 1 },
    failures: Array.from({ length: 60 }, (_, i) => ({ project: `p${i}`, reason: 'x', since: '2026-01-01', runs: 2 })),
    removals: [],
    refused: 1,
    refusals: [],
    stoppedEarly: false,
    unknown: [],
    removalsRefused: 0,
    reasons: {},
    shortcomings: [],
    withheld: { held: 0, blocked: 0 },
    warnings: { count: 500, first: ['w'] },
  }

  it('are few, whatever happened', () => {
    const lines = summaryLines(summary).map(({ text }) => text)
    expect(lines[0]).toBe(
      'mirror done, but not everything after 1 h 6 min: 1 project updated, 1 file fetched (1 byte), 2 files removed, 4 requests (2 repeated) on 1 connection',
    )
    expect(lines).toContain('Not up to date: p0: x (failing since 2026-01-01, 2 runs)')
    expect(lines).toContain('… and 10 more failed projects')
    expect(lines).toContain("The mirror has serial 5, 1,000 behind upstream's 1005")
    expect(lines).toContain('500 warnings above')
    expect(lines).toHaveLength(55)
  })

  const verified = {
    ...summary,
    command: 'verify',
    ok: true,
    failures: [],
    projects: { ...summary.projects, synced: 0 },
    files: { fetched: 0, bytes: 0, removed: 0 },
    verified: {
      projects: 12,
      files: 34,
      bytes: 5.6e6,
      pages: 12,
      documents: 12,
      finishedBefore: 0,
      repaired: { files: 0, pages: 0, documents: 0 },
    },
  }
  const first = (what: Summary): string | undefined => summaryLines(what)[0]?.text
  const checked = '12 projects checked (34 files of 5.60 MB, 12 sets of pages, 12 documents)'

  it('of verify say what was checked and what was repaired', () => {
    expect(first(verified)).toBe(
      `verify done after 1 h 6 min: ${checked}, nothing to repair, 4 requests (2 repeated) on 1 connection`,
    )
    const repaired = { files: 1, pages: 3, documents: 1 }
    const files = { fetched: 1, bytes: 10, removed: 2 }
    expect(first({ ...verified, files, verified: { ...verified.verified, repaired } })).toBe(
      `verify done after 1 h 6 min: ${checked}, 1 file fetched (10 bytes), 3 pages written anew, ` +
        '1 document written anew, 2 files removed, 4 requests (2 repeated) on 1 connection',
    )
  })

  it('of a dry run say what there is to do, not what was done', () => {
    const planned = { fetch: 2, bytes: 20, pages: 1, projects: 1, remove: 3 }
    expect(first({ ...verified, planned })).toBe(
      `verify --dry-run done after 1 h 6 min: ${checked}, 2 files to fetch (20 bytes), ` +
        '1 page or document to write anew, 1 project to remove, 3 files and directories to remove, 4 requests (2 repeated) on 1 connection',
    )
  })

  it('do not call a mirror complete that owes something', () => {
    const serial = { before: 5, after: 5, upstream: 5, behind: 0 }
    const texts = (what: Summary): string[] => summaryLines(what).map(({ text }) => text)
    expect(texts({ ...summary, serial })).toContain(
      'The mirror has serial 5, as upstream has, but for what is not up to date',
    )
    expect(texts({ ...summary, serial, failures: [] })).toContain('The mirror has serial 5, as upstream has')
  })
})

describe('docs/monitoring.md', () => {
  it('lists every metric', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/monitoring.md'), 'utf8')
    const everything = { bytesStored: 1, bytesFree: 1, removalsRefused: 0, reasons: { new: 1 } }
    const written = [
      ...metricsText([
        record({ held: 1, blocked: 1, oldestFailure: '2026-01-01T00:00:00.000Z', ...everything }),
      ]).matchAll(/^# TYPE (\w+)/gm),
    ].map(([, name]) => name)
    expect([...docs.matchAll(/^\| `(bandersnatch_\w+)`/gm)].map(([, name]) => name).sort()).toEqual(written.sort())
  })
})
