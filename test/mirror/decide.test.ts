import { describe, expect, it } from 'vitest'
import { runDelete } from '../../src/mirror/delete.js'
import { planMirror, planSync } from '../../src/mirror/dry-run.js'
import { explainProject } from '../../src/mirror/explain.js'
import { runMirror } from '../../src/mirror/mirror.js'
import { mirrorStatus } from '../../src/mirror/status.js'
import { reportedUnknown } from '../../src/mirror/run/unknown.js'
import { runSync } from '../../src/mirror/sync.js'
import { explanationText } from '../../src/report/explanation.js'
import { statusHtml } from '../../src/report/status/html.js'
import { statusText } from '../../src/report/status/text.js'
import { planText } from '../../src/report/plan.js'
import { NOW, engine, indexOf, publish, serveTestIndex } from '../helpers/engine.js'
import type { Engine, EngineOptions } from '../helpers/engine.js'
import { memoryPlace } from '../helpers/memory-storage.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const PLAN = { ...PLAIN, quick: false }
const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3600_000)

async function mirror(options: EngineOptions): Promise<Engine> {
  const run = await engine(options)
  await runMirror(run, PLAIN)
  return run
}

const told = ({ lines }: Pick<Engine, 'lines'>, pattern: RegExp): string[] => lines.filter((line) => pattern.test(line))

describe('names that upstream does not have', () => {
  const LIST = '[plugins]\nenabled = allowlist_project\n[allowlist]\npackages =\n  reqeusts\n  flask==9.9\n  click\n'
  const WORDS = [
    'reqeusts (bandersnatch.conf:10): upstream has no such project; did you mean requests?',
    'flask==9.9 (bandersnatch.conf:11): upstream has no such version; the nearest is 1.0',
  ]

  it('are told once in mirror, and by dry run and status; and no longer when they are there', async () => {
    const index = indexOf('requests', 'flask', 'click')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), sections: LIST }
    const plan = await planMirror(await engine(options), PLAN)
    expect(plan.unknown).toEqual(WORDS)
    expect(planText(plan, undefined)).toContain(WORDS[0])
    const first = await mirror(options)
    const counted = '1 listed project and 1 pinned version are not on upstream'
    expect(told(first, /not on upstream/)).toEqual([`${counted}: ${WORDS.join('. ')}`])
    const quiet = await mirror({ ...options, now: later(1) })
    expect(told(quiet, /not on upstream/)).toEqual([`${counted}; 'bandersnatch status' names them`])
    expect(told(await mirror({ ...options, now: later(30) }), /not on upstream: /)).toEqual([])
    const status = await mirrorStatus(await engine(options), { online: false, largest: 0 })
    expect(status?.unknown).toEqual(WORDS)
    if (status !== undefined) expect(statusText(status, 0)).toContain(`Not on upstream\n  ${WORDS.join('\n  ')}`)
    if (status !== undefined) expect(statusHtml(status, 0)).toContain('2 names and versions not on upstream')
    expect(reportedUnknown(first)).toEqual(WORDS)
    publish(index, 'reqeusts', '1.0')
    publish(index, 'flask', '9.9')
    const healed = await mirror({ ...options, now: later(31) })
    expect(told(healed, /not on upstream/)).toEqual([])
    expect(healed.report.unknown).toEqual({ names: {}, versions: {} })
  })

  it('are told anew when the list was edited, and forgotten when it no longer asks for them', async () => {
    const server = await serveTestIndex(indexOf('requests', 'flask'))
    const options = { url: server.url, place: memoryPlace(), sections: LIST.replace('  click\n', '') }
    await mirror(options)
    const edited = options.sections.replace('reqeusts', 'flaks')
    const run = await mirror({ ...options, sections: edited, now: later(1) })
    expect(told(run, /not on upstream: /)).toEqual([
      '1 listed project and 1 pinned version are not on upstream: ' +
        'flaks (bandersnatch.conf:10): upstream has no such project; did you mean flask?',
    ])
    const without = await mirror({ ...options, sections: '', now: later(2) })
    expect(told(without, /not on upstream/)).toEqual([])
  })
})

describe('sync of a name that upstream does not have', () => {
  it('fails with what was probably meant, and leaves nothing behind', async () => {
    const server = await serveTestIndex(indexOf('requests', 'flask'))
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    const run = await engine(options)
    await runSync(run, ['reqeusts', 'zzzzzzzz'], { writeRoot: true })
    expect(run.report.failures.toSorted((a, b) => (a.project < b.project ? -1 : 1))).toEqual([
      { project: 'reqeusts', reason: 'is not on upstream (did you mean requests?)' },
      { project: 'zzzzzzzz', reason: 'is not on upstream' },
    ])
    expect(told(run, /quarantine/)).toEqual([])
    expect((await run.ledger()).get('reqeusts')).toBeUndefined()
    const plan = await planSync(await engine(options), ['reqeusts'])
    expect(plan.projects).toMatchObject([
      { name: 'reqeusts', action: 'failed', reason: 'is not on upstream (did you mean requests?)' },
    ])
  })

  it('still removes what was there', async () => {
    const index = indexOf('requests', 'flask')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    index.deleteProject('flask')
    const run = await engine(options)
    await runSync(run, ['flask'], { writeRoot: true })
    expect(run.report.failures).toEqual([])
    expect(run.report.removals.map(({ project, reason }) => `${project}: ${reason}`)).toEqual([
      'flask: upstream no longer has it (deleted or in quarantine)',
    ])
  })
})

describe('delete', () => {
  it('of a name that is not there fails with what was probably meant, and counts nothing', async () => {
    const server = await serveTestIndex(indexOf('requests', 'flask'))
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = true' }
    await mirror(options)
    for (const dryRun of [true, false]) {
      const run = await engine(options)
      await runDelete(run, ['reqeusts'], { dryRun })
      const reason = 'is not in this mirror (did you mean requests?)'
      expect(run.report.failures).toEqual([{ project: 'reqeusts', reason }])
      expect([...run.report.removals, ...run.report.planned.removals, ...run.report.planned.remove]).toEqual([])
    }
  })

  it('lists in a dry run what there is, with sizes and a total', async () => {
    const server = await serveTestIndex(indexOf('requests', 'flask'))
    const options = { url: server.url, place: memoryPlace(), mirror: 'core-metadata = false' }
    const made = await mirror(options)
    const run = await engine(options)
    await runDelete(run, ['flask'], { dryRun: true })
    const wheel = made.keys(/flask.*whl$/)[0] ?? ''
    const pages = made.keys(/^web\/simple\/flask\//).map((key) => made.place.files.get(key)?.body.length ?? 0)
    const sizes = [made.place.files.get(wheel)?.body.length ?? 0, pages.reduce((sum, size) => sum + size, 0)]
    const bytes = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')
    expect(told(run, /DRY RUN/)).toEqual([
      `[DRY RUN] would remove /memory/${wheel} (1 file, ${bytes(sizes[0] ?? 0)} bytes)`,
      `[DRY RUN] would remove /memory/web/simple/flask (3 files, ${bytes(sizes[1] ?? 0)} bytes)`,
      `[DRY RUN] 4 files, ${bytes((sizes[0] ?? 0) + (sizes[1] ?? 0))} bytes in all`,
    ])
  })

  it.each([
    ['', /^flask comes back when upstream changes it; to prevent that, add it to \[blocklist\] packages, which/],
    [
      '[plugins]\nenabled = allowlist_project\n[allowlist]\npackages =\n  requests\n  flask\n',
      /^flask comes back when upstream changes it; to prevent that, take it off the list \(bandersnatch\.conf:11\)$/,
    ],
    ['[plugins]\nenabled = blocklist_project\n[blocklist]\npackages = flask\n', undefined],
  ])('says when the project comes back, and how to prevent it: %j', async (sections, expected) => {
    const server = await serveTestIndex(indexOf('requests', 'flask'))
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    const run = await engine({ ...options, sections })
    await runDelete(run, ['flask'], { dryRun: false })
    const lines = told(run, /comes back/)
    if (expected === undefined) expect(lines).toEqual([])
    else expect(lines).toEqual([expect.stringMatching(expected)])
  })
})

describe('--explain', () => {
  const explained = async (options: EngineOptions, name: string): Promise<string[]> =>
    explanationText(await explainProject(await engine(options), name), NOW.getTime()).split('\n')

  it.each([
    [
      '[plugins]\nenabled = blocklist_project\n[blocklist]\npackages =\n  other\n  Flask\n',
      'flask: dropped by blocklist_project (bandersnatch.conf:11)',
    ],
    [
      '[plugins]\nenabled = allowlist_project\n[allowlist]\npackages = requests\n',
      'flask: dropped by allowlist_project (bandersnatch.conf:9: [allowlist] packages)',
    ],
    [
      '[plugins]\nenabled = regex_project\n[filter_regex]\npackages = Fl.*\n',
      'flask: dropped by regex_project (bandersnatch.conf:9: [filter_regex] packages)',
    ],
    ['', 'flask: wanted'],
  ])('names the line that decides over a project: %j', async (sections, verdict) => {
    const server = await serveTestIndex(indexOf('flask'))
    const [first] = await explained({ url: server.url, sections }, 'Flask')
    expect(first).toBe(verdict)
  })

  it('says how much is left, and never "wanted" where that is nothing', async () => {
    const index = indexOf('flask')
    publish(index, 'flask', '2.0')
    const { url } = await serveTestIndex(index)
    const one = await explained(
      { url, sections: '[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = flask<2\n' },
      'flask',
    )
    expect(one[0]).toBe('flask: wanted')
    expect(one).toContainEqual(
      expect.stringMatching(/^ {2}left: 1 of 2 files in 1 of 2 releases, [\d.]+ \w+ of [\d.]+ \w+$/),
    )
    expect(one).toContain('  release 1.0: dropped by blocklist_release (bandersnatch.conf:9)')
    const none = await explained(
      { url, sections: '[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = flask>0\n' },
      'flask',
    )
    expect(none[0]).toBe('flask: nothing of it is left: the filters drop every file, and its page is empty')
    expect(none).toContainEqual(expect.stringMatching(/^ {2}left: 0 of 2 files in 0 of 2 releases, 0 bytes of /))
  })

  it('says what was probably meant', async () => {
    const { url } = await serveTestIndex(indexOf('flask'))
    expect((await explained({ url }, 'flaks'))[0]).toBe('flaks: upstream does not have it (did you mean flask?)')
  })
})
