import { describe, expect, it } from 'vitest'
import { runDelete } from '../../src/mirror/delete.js'
import { planMirror, planSync } from '../../src/mirror/dry-run.js'
import { explainProject } from '../../src/mirror/explain.js'
import { runMirror } from '../../src/mirror/mirror.js'
import { mirrorStatus } from '../../src/mirror/status.js'
import { runSync } from '../../src/mirror/sync.js'
import { runVerify } from '../../src/mirror/verify.js'
import { answerWith } from '../helpers/index/index.js'
import { NOW, engine, indexOf, listedNames, publish, servedFiles, serveTestIndex } from '../helpers/engine.js'
import type { Engine, EngineOptions } from '../helpers/engine.js'
import { memoryPlace } from '../helpers/memory-storage.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const VERIFY = { delete: false, dryRun: false, jsonUpdate: false, restart: false, yes: false }

/** Runs `mirror` with a context of its own, as a program does. */
async function mirror(options: EngineOptions, flags: Partial<typeof PLAIN> = {}): Promise<Engine> {
  const run = await engine(options)
  await runMirror(run, { ...PLAIN, ...flags })
  return run
}

async function verify(options: EngineOptions, flags: Partial<typeof VERIFY> = {}): Promise<Engine & { code: number }> {
  const run = await engine(options)
  return Object.assign(run, { code: await runVerify(run, { ...VERIFY, ...flags }) })
}

const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3600_000)

describe('runMirror', () => {
  it('mirrors an index, then asks once and writes nothing', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: 'json = true', place: memoryPlace() }
    const run = await mirror(options)
    expect(listedNames(run)).toEqual(['one', 'two'])
    expect(servedFiles(run, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
    expect(run.keys(/^web\/packages/)).toHaveLength(4)
    expect(run.text('status')).toBe(String(index.serial))
    expect(run.text('.bandersnatch/journal')).toBeUndefined()
    expect(run.text('todo')).toBeUndefined()
    expect([...(await run.ledger()).names()].sort()).toEqual(['one', 'two'])
    server.reset()
    const quiet = await mirror({ ...options, now: later(1) })
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
    expect(quiet.report.projectsSynced).toBe(0)
  })

  it('takes a project off when upstream deletes it, and its files with removed-projects = delete', async () => {
    const index = indexOf('gone', 'stays')
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: 'removed-projects = delete', place: memoryPlace() }
    await mirror(options)
    index.deleteProject('gone')
    const run = await mirror({ ...options, now: later(1) })
    expect(listedNames(run)).toEqual(['stays'])
    expect(run.keys(/gone/)).toEqual([])
    expect(run.report.removals.map(({ project }) => project)).toEqual(['gone'])
    expect((await run.ledger()).get('gone')).toBeUndefined()
  })

  it('keeps a removed project with removed-projects = keep, and does not ask for it in every run', async () => {
    const index = indexOf('gone', 'stays')
    const server = await serveTestIndex(index)
    const options = { url: server.url, mirror: 'removed-projects = keep', place: memoryPlace() }
    await mirror(options)
    index.deleteProject('gone')
    const run = await mirror({ ...options, now: later(1) })
    expect(listedNames(run)).toEqual(['gone', 'stays'])
    expect(run.report.refusals).toEqual([])
    server.reset()
    await mirror({ ...options, now: later(30) })
    expect(server.count(/gone/)).toBe(0)
  })

  it('refuses removals beyond the limit, owes them, and does them with --allow-removals', async () => {
    const index = indexOf('a', 'b', 'c', 'd')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    for (const name of ['a', 'b', 'c']) index.deleteProject(name)
    const refused = await mirror({ ...options, now: later(1) })
    expect(refused.report.refusals).toEqual([expect.stringContaining('3 of 4 mirrored projects would go')])
    expect(listedNames(refused)).toEqual(['a', 'b', 'c', 'd'])
    expect(refused.text('todo')).toContain('a 0')
    const allowed = await mirror({ ...options, now: later(2) }, { allowRemovals: true })
    expect(listedNames(allowed)).toEqual(['d'])
    expect(allowed.text('todo')).toBeUndefined()
  })

  it('tries a failed project again within the run, then owes it with the reason', async () => {
    const index = indexOf('bad', 'good')
    let broken = true
    const server = await serveTestIndex(index, ({ path }) =>
      broken && path.includes('/bad') ? answerWith(418, {}, 'no') : 'pass',
    )
    const options = { url: server.url, place: memoryPlace() }
    const run = await mirror(options)
    expect(listedNames(run)).toEqual(['good'])
    expect(run.report.failures).toEqual([expect.objectContaining({ project: 'bad', runs: 1 })])
    expect(run.lines).toContain('Trying 1 project once more')
    expect(run.text('status')).toBeUndefined()
    expect(run.text('todo')).toMatch(/^\d+\nbad \d+$/)
    expect((await run.ledger()).get('bad')).toMatchObject({ absent: 'failed', owed: { runs: 1 } })
    broken = false
    const healed = await mirror({ ...options, now: later(1) })
    expect(listedNames(healed)).toEqual(['bad', 'good'])
    expect(healed.text('status')).toBe(String(index.serial))
    expect((await healed.ledger()).get('bad')?.owed).toBeUndefined()
  })

  it('ends early with stop-on-error, and leaves the rest in todo', async () => {
    const index = indexOf('a-bad', 'b-good')
    const server = await serveTestIndex(index, ({ path }) =>
      path.includes('/a-bad') ? answerWith(418, {}, 'no') : 'pass',
    )
    const run = await mirror({ url: server.url, mirror: 'stop-on-error = true\nworkers = 1' })
    expect(run.report.failures.map(({ project }) => project)).toEqual(['a-bad'])
    expect(run.text('todo')).toMatch(/\na-bad \d+\nb-good \d+$/)
    expect(run.text('.bandersnatch/journal')).toBeUndefined()
    expect(run.keys(/b-good/)).toEqual([])
  })

  it('ends at once with what a filter that needs the JSON API cannot read', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index, ({ path }) =>
      path.startsWith('/pypi/') ? answerWith(404, {}, '') : 'pass',
    )
    const filters = '[plugins]\nenabled = prerelease_release\n regex_project_metadata\n'
    const sections = `${filters}[regex_project_metadata]\ninfo.classifier = .*\n`
    await expect(mirror({ url: server.url, sections })).rejects.toThrow(/regex_project_metadata cannot work/)
  })

  it('goes by pages where upstream has no JSON API', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index, ({ path }) =>
      path.startsWith('/pypi/') ? answerWith(404, {}, '') : 'pass',
    )
    const run = await mirror({ url: server.url, mirror: 'json = true' })
    expect(listedNames(run)).toEqual(['one', 'two'])
    expect(run.lines.filter((line) => line.includes('Upstream has no JSON API'))).toHaveLength(1)
    expect(run.keys(/^web\/json/)).toEqual([])
  })

  it('makes pages of another format without a request when simple-format is edited', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    server.reset()
    const run = await mirror({ ...options, mirror: 'simple-format = HTML', now: later(1) })
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
    expect(run.keys(/index\.v1_json$/)).toEqual([])
    expect(run.keys(/one\/index/)).toEqual(['web/simple/one/index.html', 'web/simple/one/index.v1_html'])
  })

  it('moves pages when hash-index is edited', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    const run = await mirror({ ...options, mirror: 'hash-index = true', now: later(1) })
    expect(run.keys(/one\/index/).every((key) => key.startsWith('web/simple/o/one/'))).toBe(true)
    expect(run.keys(/one\/index/)).toHaveLength(3)
  })

  it('removes what the project filters no longer want, and brings it back', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    const sections = '[plugins]\nenabled = blocklist_project\n[blocklist]\npackages = two\n'
    const blocked = await mirror({ ...options, sections, now: later(1) })
    expect(listedNames(blocked)).toEqual(['one'])
    const back = await mirror({ ...options, now: later(2) })
    expect(listedNames(back)).toEqual(['one', 'two'])
  })

  it('does not believe a 404 of a listed project until it has lasted', async () => {
    const index = indexOf('one', 'two')
    let hidden = false
    const server = await serveTestIndex(index, ({ path }) =>
      hidden && /\/two\//.test(path) ? answerWith(404, {}, '') : 'pass',
    )
    const options = { url: server.url, place: memoryPlace(), mirror: 'removal-limit = 50' }
    await mirror(options)
    hidden = true
    index.yank('two', '1.0')
    const first = await mirror({ ...options, now: later(1) })
    expect(listedNames(first)).toEqual(['one', 'two'])
    expect((await first.ledger()).get('two')?.owed).toMatchObject({ missing: true, runs: 1 })
    expect(first.report.failures).toHaveLength(1)
    const second = await mirror({ ...options, now: later(20) })
    expect(listedNames(second)).toEqual(['one', 'two'])
    const last = await mirror({ ...options, now: later(26) }, { retryFailed: true })
    expect(listedNames(last)).toEqual(['one'])
    expect((await last.ledger()).get('two')).toMatchObject({ absent: 'gone' })
  })

  it('removes nothing when it is told that the ledger is damaged', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'api-method = simple' }
    const made = await mirror(options)
    await made.storage.write('.bandersnatch/projects', 'no ledger')
    index.deleteProject('two')
    const run = await mirror({ ...options, now: later(1) })
    expect(run.lines).toContainEqual(expect.stringMatching(/ledger .* cannot be read.*removes no project/))
    expect(listedNames(run)).toEqual(['one', 'two'])
    const next = await mirror({ ...options, now: later(30) })
    expect(listedNames(next)).toEqual(['one'])
  })

  it('leaves out a file that cannot be had, and owes it', async () => {
    const index = indexOf('one')
    publish(index, 'one', '2.0')
    let broken = true
    const server = await serveTestIndex(index, ({ path }) =>
      broken && path.endsWith('one-2.0-py3-none-any.whl') ? answerWith(404, {}, '') : 'pass',
    )
    const options = { url: server.url, place: memoryPlace() }
    const run = await mirror(options)
    expect(servedFiles(run, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
    expect(run.report.failures).toHaveLength(1)
    broken = false
    const healed = await mirror({ ...options, now: later(1) })
    expect(servedFiles(healed, 'one')).toHaveLength(2)
    expect(healed.report.failures).toEqual([])
  })

  it('leaves core metadata out that cannot be had, and owes it', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index, ({ path }) =>
      path.endsWith('.metadata') ? answerWith(404, {}, '') : 'pass',
    )
    const run = await mirror({ url: server.url })
    expect(servedFiles(run, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
    expect(run.text('web/simple/one/index.v1_json')).not.toContain('sha256=')
    expect(run.keys(/\.metadata$/)).toEqual([])
    expect(run.report.failures).toHaveLength(1)
  })

  it('goes on with what an interrupted run left', async () => {
    const index = indexOf('one', 'two')
    const place = memoryPlace()
    const server = await serveTestIndex(index, ({ path }) => {
      if (path === '/pypi/two/json') stopping?.abort(new Error('a signal'))
      return 'pass'
    })
    const killed = await engine({ url: server.url, place, mirror: 'max-requests = 1' })
    const stopping: AbortController | undefined = killed.stop
    await expect(runMirror(killed, PLAIN)).rejects.toThrow('a signal')
    expect(killed.text('todo')).toMatch(/one \d+\ntwo \d+$/)
    expect(killed.text('.bandersnatch/journal')).toMatch(/^one \d+ [0-9a-f]{12}$/m)
    server.reset()
    const next = await mirror({ url: server.url, place, now: later(1) })
    expect(server.count(/\/one\//)).toBe(0)
    expect(listedNames(next)).toEqual(['one', 'two'])
    expect(next.text('.bandersnatch/journal')).toBeUndefined()
  })
})

describe('runSync', () => {
  it('brings the named projects alone, whatever the filters say, and leaves status and todo', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const sections = '[plugins]\nenabled = blocklist_project\n[blocklist]\npackages = two\n'
    const options = { url: server.url, place: memoryPlace(), sections }
    await mirror(options)
    await (await engine(options)).storage.write('todo', '5\nother 5')
    const run = await engine(options)
    await runSync(run, ['Two', 'no such/name'], { writeRoot: true })
    expect(listedNames(run)).toEqual(['one', 'two'])
    expect(run.report.failures).toEqual([{ project: '"no such/name"', reason: 'this is not a project name' }])
    expect(run.text('todo')).toBe('5\nother 5')
    expect(run.text('.bandersnatch/journal')).toBeUndefined()
  })

  it('removes a named project that upstream withdrew, and notes why', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    index.quarantine('two')
    const run = await engine(options)
    await runSync(run, ['two'], { writeRoot: true })
    expect(listedNames(run)).toEqual(['one'])
    expect((await run.ledger()).get('two')).toMatchObject({ absent: 'empty' })
    expect(run.report.removals).toHaveLength(1)
  })

  it('keeps it with removed-projects = keep', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'removed-projects = keep' }
    await mirror(options)
    index.quarantine('two')
    const run = await engine(options)
    await runSync(run, ['two'], { writeRoot: true })
    expect(listedNames(run)).toEqual(['one', 'two'])
    expect(run.report.removals).toEqual([])
  })
})

describe('runDelete', () => {
  it('removes pages, documents and files, and the next comparison does not bring the project back', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = true' }
    await mirror(options)
    const run = await engine(options)
    await runDelete(run, ['Two', '../x'], { dryRun: false })
    expect(run.keys(/two/)).toEqual([])
    expect(listedNames(run)).toEqual(['one'])
    expect(run.report.failures).toEqual([{ project: '"../x"', reason: 'this is not a project name' }])
    expect((await run.ledger()).get('two')).toMatchObject({ absent: 'deleted' })
    const next = await mirror({ ...options, now: later(30) })
    expect(listedNames(next)).toEqual(['one'])
    index.yank('two', '1.0')
    const changed = await mirror({ ...options, now: later(31) })
    expect(listedNames(changed)).toEqual(['one', 'two'])
  })

  it('only says what it would remove in a dry run', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'hash-index = true' }
    const before = (await mirror(options)).keys()
    const run = await engine(options)
    await runDelete(run, ['One'], { dryRun: true })
    expect(run.keys()).toEqual(before)
    expect(run.report.planned.removals).toEqual([{ project: 'one', reason: 'deleted by command', by: 'admin' }])
    expect(run.report.planned.remove).toContain('/memory/web/simple/o/one')
    expect(run.report.planned.remove).not.toContain('/memory/web/json/one')
  })

  it('keeps a file that another project names, and stops at a document that cannot be read', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = true' }
    const made = await mirror(options)
    // The page of `two` names the file of `one` too.
    const page = (made.text('web/simple/two/index.v1_json') ?? '').replace(
      '"files": [',
      `"files": [${/"files": \[(.*?)\], "meta"/s.exec(made.text('web/simple/one/index.v1_json') ?? '')?.[1] ?? ''},`,
    )
    await made.storage.write('web/simple/two/index.v1_json', page)
    const ledger = await made.ledger()
    ledger.set('two', { ...(ledger.get('two') ?? { serial: 1, shape: '' }), foreign: true })
    await ledger.save()
    const run = await engine(options)
    await runDelete(run, ['one'], { dryRun: false })
    expect(run.keys(/one-1\.0.*whl$/)).toHaveLength(1)
    expect(run.lines).toContainEqual(expect.stringMatching(/stays: the page of two names it, too/))
    await run.storage.write('web/json/two', '{')
    const damaged = await engine(options)
    await runDelete(damaged, ['two'], { dryRun: false })
    expect(damaged.report.failures).toEqual([expect.objectContaining({ project: 'two' })])
    expect(damaged.keys(/^web\/simple\/two/)).not.toEqual([])
  })
})

describe('runVerify', () => {
  it('has nothing to do where nothing is', async () => {
    expect((await verify({})).code).toBe(3)
  })

  it.each(['json = true', 'json = false'])(
    'repairs pages and files, and removes what nobody owns: %s',
    async (json) => {
      const index = indexOf('one', 'two')
      const server = await serveTestIndex(index)
      const options = { url: server.url, place: memoryPlace(), mirror: json }
      const made = await mirror(options)
      const files = Object.fromEntries(made.keys(/^web\//).map((key) => [key, made.text(key)]))
      const [wheelKey = ''] = made.keys(/one-1\.0.*whl$/)
      await made.storage.write(wheelKey, 'damaged')
      await made.storage.remove(made.keys(/two-1\.0.*whl$/))
      await made.storage.write('web/simple/one/index.html', '<html>cut')
      await made.storage.remove('web/simple/two/index.v1_html')
      await made.storage.write('web/packages/xx/nobody', 'x')
      const dry = await verify(options, { dryRun: true, delete: true })
      expect(dry.code).toBe(1)
      expect(dry.report.planned.fetch.map(({ condition }) => condition)).toEqual(['mismatch', 'missing'])
      expect(dry.report.planned.pages).toHaveLength(2)
      expect(dry.report.planned.remove).toEqual(['/memory/web/packages/xx/nobody'])
      const run = await verify(options, { delete: true })
      expect(run.code, run.lines.join('\n')).toBe(0)
      expect(Object.fromEntries(run.keys(/^web\//).map((key) => [key, run.text(key)]))).toEqual(files)
      expect(run.report.verified).toMatchObject({ projects: 2, files: 4, pages: 2 })
      expect(run.report.filesRemoved).toBe(1)
      expect((await verify(options, { dryRun: true, delete: true })).code).toBe(0)
    },
  )

  it('asks upstream for a document that is missing or damaged', async () => {
    const index = indexOf('one', 'two', 'three')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = true' }
    const made = await mirror(options)
    const text = made.text('web/json/one')
    await made.storage.remove('web/json/one')
    await made.storage.write('web/json/two', '{')
    await made.storage.remove('web/pypi/three/json')
    const dry = await verify(options, { dryRun: true })
    expect(dry.code).toBe(1)
    expect(dry.report.planned.pages.sort()).toEqual([
      '/memory/web/json/one',
      '/memory/web/json/two',
      '/memory/web/pypi/three/json',
    ])
    const run = await verify(options)
    expect(run.code, run.lines.join('\n')).toBe(0)
    expect(run.text('web/json/one')).toBe(text)
    expect(run.keys(/^web\/pypi\/three/)).toHaveLength(1)
    expect(run.report.documentsRepaired).toBe(3)
  })

  it('with --json-update removes what upstream withdrew, under the guard', async () => {
    const index = indexOf('a', 'b', 'c', 'd')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = true' }
    await mirror(options)
    for (const name of ['a', 'b', 'c']) index.deleteProject(name)
    const refused = await verify(options, { jsonUpdate: true, delete: true })
    expect(refused.code, refused.lines.join('\n')).toBe(6)
    expect(refused.keys(/^web\/simple\/[abc]\//)).toHaveLength(9)
    const allowed = await verify(options, { jsonUpdate: true, yes: true })
    expect(allowed.code, allowed.lines.join('\n')).toBe(0)
    expect(listedNames(allowed)).toEqual(['d'])
    expect((await allowed.ledger()).get('a')).toMatchObject({ absent: 'gone' })
  })

  it('fails a project whose file cannot be repaired, and serves the rest', async () => {
    const index = indexOf('one')
    publish(index, 'one', '2.0')
    const server = await serveTestIndex(index, ({ path }) =>
      broken && path.endsWith('one-2.0-py3-none-any.whl') ? answerWith(404, {}, '') : 'pass',
    )
    let broken = false
    const options = { url: server.url, place: memoryPlace() }
    const made = await mirror(options)
    const [key = ''] = made.keys(/one-2\.0.*whl$/)
    await made.storage.write(key, 'damaged')
    broken = true
    const run = await verify(options)
    expect(run.code).toBe(1)
    expect(servedFiles(run, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
    expect(run.text(key)).toBeUndefined()
    expect((await run.ledger()).get('one')?.owed).toMatchObject({ runs: 1 })
  })

  it('goes on where it was stopped, and begins anew with --restart', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    const made = await mirror(options)
    await made.storage.write('.bandersnatch/verified', 'one\nhalf-a-na')
    const run = await verify(options)
    expect(run.report.verified).toMatchObject({ projects: 2, pages: 1 })
    expect(run.text('.bandersnatch/verified')).toBeUndefined()
    await made.storage.write('.bandersnatch/verified', 'one\ntwo\n')
    expect((await verify(options, { restart: true })).report.verified).toMatchObject({ pages: 2 })
  })

  it('stops at the first error with stop-on-error', async () => {
    const index = indexOf('a', 'b')
    const server = await serveTestIndex(index, ({ path }) =>
      broken && path.includes('a-1') ? answerWith(404, {}, '') : 'pass',
    )
    let broken = false
    const options = { url: server.url, place: memoryPlace(), mirror: 'stop-on-error = true\nverifiers = 1' }
    const made = await mirror(options)
    await made.storage.remove(made.keys(/[ab]-1\.0.*whl$/))
    broken = true
    const run = await verify(options)
    expect(run.code).toBe(1)
    expect(run.keys(/b-1\.0.*whl$/)).toEqual([])
  })
})

describe('dry runs and explanations', () => {
  it('say what a run would do and why, and write nothing', async () => {
    const index = indexOf('one', 'two', 'blocked')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    publish(index, 'one', '2.0')
    publish(index, 'new', '1.0')
    index.deleteProject('blocked')
    const run = await engine({ ...options, now: later(1) })
    const before = run.keys().map((key) => [key, run.text(key)])
    const plan = await planMirror(run, { ...PLAIN, quick: false })
    expect(plan.projects).toEqual([
      expect.objectContaining({ name: 'new', action: 'add', why: 'new', files: 2 }),
      expect.objectContaining({ name: 'one', action: 'update', why: 'changed', files: 2 }),
    ])
    expect(plan.reasons).toEqual({ new: 1, changed: 1, withdrawn: 1 })
    expect(plan.removals).toEqual([expect.objectContaining({ project: 'blocked' })])
    expect(plan).toMatchObject({ refusal: undefined, files: 4 })
    expect(run.keys().map((key) => [key, run.text(key)])).toEqual(before)
    const quick = await planMirror(await engine({ ...options, now: later(1) }), { ...PLAIN, quick: true })
    expect(quick).toMatchObject({ files: undefined, bytes: undefined })
    const keeps = { ...options, now: later(1), mirror: 'removed-projects = keep' }
    expect((await planMirror(await engine(keeps), { ...PLAIN, quick: true })).removals).toEqual([])
  })

  it('of sync names what is gone, filtered and failing', async () => {
    const index = indexOf('good', 'empty', 'bad', 'dropped')
    index.quarantine('empty')
    const server = await serveTestIndex(index, ({ path }) => (path.includes('/bad') ? answerWith(418, {}, '') : 'pass'))
    const sections =
      '[plugins]\nenabled = regex_project_metadata\n[regex_project_metadata]\nnot-null:info.name = dropped\n'
    const run = await engine({ url: server.url, sections: sections.replace('dropped', '^(?!dropped)') })
    const plan = await planSync(run, ['good', 'empty', 'bad', 'dropped', 'none'])
    expect(plan.projects.map(({ name, action }) => [name, action])).toEqual([
      ['bad', 'failed'],
      ['dropped', 'filtered'],
      ['empty', 'gone'],
      ['good', 'add'],
      ['none', 'failed'],
    ])
    expect(plan.removals).toEqual([])
  })

  it('explain a project', async () => {
    const index = indexOf('one', 'two')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    await mirror(options)
    const sections = '[plugins]\nenabled = blocklist_project\n[blocklist]\npackages = two\n'
    const edited = { ...options, sections, mirror: 'simple-format = HTML' }
    expect(await explainProject(await engine(options), 'One')).toMatchObject({
      name: 'one',
      mirrored: true,
      verdict: 'wanted',
      drops: [],
      outdated: false,
    })
    expect(await explainProject(await engine(edited), 'one')).toMatchObject({ outdated: true })
    expect((await explainProject(await engine(edited), 'two')).verdict).toMatch(/block/)
    expect(await explainProject(await engine(options), 'none')).toMatchObject({
      mirrored: false,
      verdict: 'upstream does not have it (did you mean one?)',
      ledger: undefined,
    })
  })
})

describe('mirrorStatus', () => {
  it('is undefined where there is no mirror', async () => {
    expect(await mirrorStatus(await engine(), { online: false, largest: 0 })).toBeUndefined()
  })

  it('counts projects, files and what is owed', async () => {
    const index = indexOf('small', 'large')
    publish(index, 'large', '2.0')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    const made = await mirror(options)
    await made.storage.write('todo', '9\na 1\nb 2')
    const ledger = await made.ledger()
    ledger.set('small', {
      serial: 1,
      shape: '',
      owed: { since: 60, runs: 2, next: 0, serial: 1, reason: 'broken' },
    })
    await ledger.save()
    publish(index, 'small', '2.0')
    const status = await mirrorStatus(await engine(options), { online: true, largest: 1 })
    expect(status).toMatchObject({
      projects: 2,
      files: 6,
      owed: 2,
      behind: index.serial - Number(made.text('status')),
      largest: [{ name: 'large', files: 2 }],
      failures: [{ project: 'small', since: '1970-01-01T00:01:00.000Z', runs: 2, reason: 'broken' }],
      history: [],
    })
    const html = { ...options, mirror: 'simple-format = HTML' }
    await mirror(html)
    const offline = await mirrorStatus(await engine(html), { online: false, largest: 0 })
    expect(offline?.largest.map(({ name, files }) => [name, files])).toEqual([
      ['large', 2],
      ['small', 2],
    ])
    expect(offline?.largest[0]?.bytes).toBe(status?.largest[0]?.bytes)
    expect(offline).toMatchObject({ behind: undefined, upstreamSerial: undefined })
  })
})
