import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { loadNotes } from '../../../src/mirror/state/run-notes.js'
import { repairPages, wrongPages } from '../../../src/mirror/verify/check-pages.js'
import { createOwnership } from '../../../src/mirror/verify/ownership.js'
import { openProgress } from '../../../src/mirror/verify/progress.js'
import { findSource } from '../../../src/mirror/verify/source.js'
import type { Source } from '../../../src/mirror/verify/source.js'
import type { Verifying, VerifyOptions } from '../../../src/mirror/verify/types.js'
import { removeUnowned } from '../../../src/mirror/verify/unowned.js'
import { engine, indexOf, serveTestIndex } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'

const PLAIN: VerifyOptions = { delete: true, dryRun: false, jsonUpdate: false, restart: false, yes: false }

/** A mirror of one project, as `mirror` made it. */
async function mirrored(mirror = ''): Promise<Engine> {
  const server = await serveTestIndex(indexOf('one'))
  const place = memoryPlace()
  const options = { url: server.url, mirror, place }
  await runMirror(await engine(options), { forceCheck: false, allowRemovals: false, retryFailed: false })
  return engine(options)
}

describe('findSource', () => {
  async function source(run: Engine, shape = 'abc'): Promise<Source> {
    return findSource(run, { name: 'one', entry: { serial: 1, shape, rawName: 'One' } })
  }
  const why = async (run: Engine, shape?: string): Promise<string> => {
    const found = await source(run, shape)
    return found.kind === 'ask' ? found.why : found.kind
  }

  it('is the page where json is off, JSON before HTML, and at either place', async () => {
    const run = await mirrored()
    const found = await source(run)
    expect(found).toMatchObject({ kind: 'page', project: { name: 'one', rawName: 'One' } })
    await run.storage.write('web/simple/one/index.v1_json', 'damaged')
    expect(await why(run)).toBe('page')
    for (const page of ['index.html', 'index.v1_html']) {
      await run.storage.write(`web/simple/o/one/${page}`, run.text(`web/simple/one/${page}`) ?? '')
      await run.storage.write(`web/simple/one/${page}`, '<html>cut')
    }
    expect(await why(run)).toBe('page')
    await run.storage.removeTree('web/simple/o')
    expect(await why(run)).toBe('its pages are missing or damaged')
  })

  it.each(['json = false', 'json = true'])(
    'is asked for where a run was interrupted while it wrote pages: %s',
    async (options) => {
      expect(await why(await mirrored(options), '')).toMatch(/^a run was interrupted/)
    },
  )

  it('does not go by a document while json is off', async () => {
    const run = await mirrored('json = true')
    const off = await engine({ place: run.place })
    await off.storage.removeTree('web/simple/one')
    expect(await why(off)).toBe('its pages are missing or damaged')
  })

  it('is the document where json is on, with what its page says beside', async () => {
    const run = await mirrored('json = true')
    const found = await source(run)
    expect(found).toMatchObject({ kind: 'document', project: { rawName: 'One' } })
    expect(found.kind === 'document' && found.project.page).toBeDefined()
    const old = await engine({ place: run.place, mirror: 'json = true\nsimple-api-version = 1.1' })
    expect(await why(old)).toBe('document')
    await old.storage.removeTree('web/simple/one')
    expect(await why(old)).toBe('document')
    expect(await why(run)).toBe('its pages are missing or damaged')
  })

  it('is asked for where the document is missing, damaged, or older than the page', async () => {
    const run = await mirrored('json = true')
    const text = run.text('web/json/one') ?? ''
    const [, serial = ''] = /"last_serial": (\d+)/.exec(text) ?? []
    const withSerial = (number: number): Promise<void> =>
      run.storage.write('web/json/one', text.replace(`"last_serial": ${serial}`, `"last_serial": ${number}`))
    await withSerial(Number(serial) - 1)
    expect(await why(run)).toBe('/memory/web/json/one is older than the page')
    await withSerial(Number(serial) + 1)
    expect(await why(run)).toBe('its pages are older than its document')
    await run.storage.write('web/json/one', '{')
    expect(await why(run)).toBe('/memory/web/json/one cannot be read')
    await run.storage.remove('web/json/one')
    expect(await why(run)).toBe('/memory/web/json/one is missing')
  })
})

describe('wrongPages', () => {
  it('are those that are missing, other, or no longer configured, at both places', async () => {
    const run = await mirrored()
    const found = await findSource(run, { name: 'one', entry: undefined })
    if (found.kind === 'ask') throw new Error(found.why)
    const { project } = found
    expect(await wrongPages(run, project)).toEqual([])
    await run.storage.remove('web/simple/one/index.html')
    await run.storage.write('web/simple/one/index.v1_json', `${run.text('web/simple/one/index.v1_json') ?? ''} `)
    await run.storage.write('web/simple/o/one/index.v1_html', 'left')
    expect(await wrongPages(run, project)).toEqual([
      'web/simple/one/index.html',
      'web/simple/o/one/index.v1_html',
      'web/simple/one/index.v1_json',
    ])
    const narrow = await engine({ place: run.place, mirror: 'simple-format = JSON' })
    await repairPages(narrow, project)
    expect(narrow.keys(/^web\/simple\/.*one/)).toEqual(['web/simple/one/index.v1_json'])
    expect(await wrongPages(narrow, project)).toEqual([])
    expect(await wrongPages(run, project)).toEqual(['web/simple/one/index.html', 'web/simple/one/index.v1_html'])
  })
})

describe('removeUnowned', () => {
  async function removing(
    {
      stored,
      owned,
      unaccounted = [],
    }: { stored: readonly string[]; owned: readonly string[]; unaccounted?: string[] },
    options: Partial<VerifyOptions> = {},
  ): Promise<Engine> {
    const run = await engine()
    for (const name of stored) await run.storage.write(`web/packages/${name}`, 'x')
    const ownership = createOwnership()
    for (const name of owned) ownership.add(`web/packages/${name}`)
    const verifying: Verifying = {
      context: run,
      options: { ...PLAIN, ...options },
      ledger: await run.ledger(),
      notes: await loadNotes(run.storage),
      owned: ownership,
      unaccounted,
      journal: undefined,
      withdrawn: [],
      listed: async () => true,
    }
    await removeUnowned(verifying)
    return run
  }

  it('removes what nobody accounts for, up to half of what is stored', async () => {
    const run = await removing({ stored: ['a', 'b', 'c', 'd'], owned: ['a', 'b'] })
    expect(run.keys()).toEqual(['web/packages/a', 'web/packages/b'])
    expect(run.report).toMatchObject({ filesRemoved: 2, refusals: [] })
  })

  it('refuses to remove more than half, unless it is told to', async () => {
    const scene = { stored: ['a', 'b', 'c'], owned: ['a'] }
    const run = await removing(scene)
    expect(run.keys()).toHaveLength(3)
    expect(run.report.refusals).toEqual([
      '2 of 3 stored files would be removed; if that is right, run verify --delete --yes',
    ])
    expect((await removing(scene, { yes: true })).keys()).toEqual(['web/packages/a'])
    const dry = await removing(scene, { dryRun: true })
    expect(dry.keys()).toHaveLength(3)
    expect(dry.report.planned.remove).toEqual(['/memory/web/packages/b', '/memory/web/packages/c'])
    expect(dry.report.refusals).toEqual([])
  })

  it('refuses where nothing at all is accounted for', async () => {
    expect((await removing({ stored: ['a'], owned: [] })).report.refusals).toHaveLength(1)
    expect((await removing({ stored: [], owned: [] })).report.refusals).toEqual([])
  })

  it('removes nothing while the files of a project are not known, whatever it is told', async () => {
    const scene = { stored: ['a', 'b', 'c'], owned: ['a', 'b'], unaccounted: ['x', 'y', 'z', 'w'] }
    for (const options of [{}, { yes: true }, { dryRun: true }]) {
      const run = await removing(scene, options)
      expect(run.keys()).toHaveLength(3)
      expect(run.report.planned.remove).toEqual([])
      expect(run.report.refusals).toEqual([expect.stringContaining('those of 4 projects (x, y, z) could not be told')])
    }
  })

  it('removes thousands', async () => {
    const stored = Array.from({ length: 2600 }, (_, number) => String(number))
    const run = await removing({ stored, owned: stored.slice(0, 1301) })
    expect(run.keys()).toHaveLength(1301)
    expect(run.report.filesRemoved).toBe(1299)
  })
})

describe('createOwnership', () => {
  it('has what was added, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (added, others) => {
        const ownership = createOwnership()
        for (const key of added) ownership.add(key)
        expect(ownership.count).toBe(added.length)
        for (const key of [...added, ...others]) expect(ownership.has(key)).toBe(added.includes(key))
      }),
    )
  })

  it('takes more than its first room, also after it was asked', () => {
    const ownership = createOwnership()
    const key = (number: number): string => `web/packages/${number}`
    for (let number = 0; number < 9000; number += 1) ownership.add(key(number))
    expect(ownership.has(key(9000))).toBe(false)
    ownership.add(key(9000))
    expect(Array.from({ length: 9001 }, (_, number) => ownership.has(key(number))).every(Boolean)).toBe(true)
    expect(ownership.has(key(9001))).toBe(false)
  })
})

describe('openProgress', () => {
  const KEY = '.bandersnatch/verified'

  it('notes names in batches, and goes on with them', async () => {
    const run = await engine()
    const progress = await openProgress(run, PLAIN)
    for (let number = 0; number < 63; number += 1) await progress.done(`p${number}`)
    expect(run.text(KEY)).toBeUndefined()
    await progress.done('p63')
    expect(run.text(KEY)?.split('\n')).toHaveLength(65)
    const next = await openProgress(run, PLAIN)
    expect([next.isDone('p0'), next.isDone('p63'), next.isDone('p64')]).toEqual([true, true, false])
    expect(run.lines.at(-1)).toContain('stopped after 64 projects')
    const before = run.text(KEY)
    for (let number = 0; number < 64; number += 1) await next.done(`p${number}`)
    expect(run.text(KEY)).toBe(before)
    await next.finish()
    expect(run.text(KEY)).toBeUndefined()
  })

  it.each([{ restart: true }, { jsonUpdate: true }])('begins anew with %o', async (options) => {
    const run = await engine()
    await run.storage.write(KEY, 'a\n')
    const progress = await openProgress(run, { ...PLAIN, ...options })
    expect(progress.isDone('a')).toBe(false)
    expect(run.text(KEY)).toBeUndefined()
  })

  it('leaves everything as it is in a dry run', async () => {
    const run = await engine()
    await run.storage.write(KEY, 'a\nb')
    const progress = await openProgress(run, { ...PLAIN, dryRun: true })
    expect(progress.isDone('a')).toBe(false)
    for (let number = 0; number < 100; number += 1) await progress.done(`p${number}`)
    await progress.finish()
    expect(run.text(KEY)).toBe('a\nb')
  })
})
