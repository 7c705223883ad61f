import { describe, expect, it } from 'vitest'
import { StorageError } from '../../../src/errors.js'
import { runDelete } from '../../../src/mirror/delete.js'
import { planMirror } from '../../../src/mirror/dry-run.js'
import { runMirror } from '../../../src/mirror/mirror.js'
import { runSync } from '../../../src/mirror/sync.js'
import { runVerify } from '../../../src/mirror/verify.js'
import type { Engine } from '../../helpers/engine.js'
import { createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import { engine, NOW, publish, serveTestIndex } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { closureOf, content, FLAGS, mirror, release, served } from './support.js'

const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3600_000)

describe('a mirror of what requirements need', () => {
  it('has the roots and all that they need, for the environments', async () => {
    const index = createPackageIndex()
    release(index, 'App', '1.0', ['Lib>=1', 'wintool; sys_platform == "win32"', 'maconly; sys_platform == "darwin"'])
    release(index, 'lib', '1.0', ['base<2'])
    release(index, 'base', '1.5')
    release(index, 'base', '2.0')
    release(index, 'wintool', '1.0')
    release(index, 'maconly', '1.0')
    release(index, 'other', '1.0')
    const server = await serveTestIndex(index)
    const run = await mirror({ url: server.url, sections: closureOf(['app']) })
    expect(served(run)).toEqual({
      app: ['app-1.0-py3-none-any.whl'],
      base: ['base-1.5-py3-none-any.whl'],
      lib: ['lib-1.0-py3-none-any.whl'],
      wintool: ['wintool-1.0-py3-none-any.whl'],
    })
    expect(run.report.failures).toEqual([])
    expect(run.lines.join('\n')).toContain('Needed: 4 projects with 4 release files')
  })

  it('asks at most twice for a release, stores core metadata once, and asks nothing in a second run', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib'])
    release(index, 'lib', '1.0')
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: closureOf(['app']), place: memoryPlace() }
    const planned = await engine({ ...options, place: memoryPlace() })
    await planMirror(planned, { forceCheck: false, allowRemovals: false, retryFailed: false, quick: true })
    expect(server.count(/\/(?:app|lib)\/|metadata$/)).toBe(4)
    server.reset()
    await mirror(options)
    expect(server.count(/\.metadata$/)).toBe(2)
    server.reset()
    const quiet = await mirror({ ...options, now: later(1) })
    expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
    expect(quiet.report.projectsSynced).toBe(0)
    publish(index, 'unrelated', '1.0')
    server.reset()
    await mirror({ ...options, now: later(2) })
    expect(server.count(/\/(?:app|lib|unrelated)\//)).toBe(0)
  })

  it('follows upgrades, new dependencies and dependencies that are dropped, as a fresh mirror has them', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['old', 'lib'])
    release(index, 'old', '1.0')
    release(index, 'lib', '1.0')
    release(index, 'fresh', '1.0', ['deep'])
    release(index, 'deep', '1.0')
    for (const name of ['a', 'b', 'c']) release(index, name, '1.0')
    const server = await serveTestIndex(index)
    const sections = closureOf(['app', 'a', 'b', 'c'], 'versions = 1')
    const options = { url: server.url, mirror: 'removed-projects = delete', sections, place: memoryPlace() }
    await mirror(options)
    release(index, 'app', '2.0', ['fresh', 'lib>=2'])
    release(index, 'lib', '2.0')
    server.reset()
    const run = await mirror({ ...options, now: later(1) })
    expect(Object.keys(served(run))).toEqual(['a', 'app', 'b', 'c', 'deep', 'fresh', 'lib'])
    expect(served(run)).toMatchObject({ app: ['app-2.0-py3-none-any.whl'], lib: ['lib-2.0-py3-none-any.whl'] })
    expect(run.report.removals).toEqual([{ project: 'old', reason: 'nothing needs it any more', by: 'upstream' }])
    expect(server.count(/\/[abc]\//)).toBe(0)
    const anew = await mirror({ ...options, place: memoryPlace(), now: later(1) })
    expect(content(run)).toEqual(content(anew))
  })

  it('takes edits of requirements and environments, back and forth', async () => {
    const index = createPackageIndex()
    index.publish('app', '1.0', [
      wheel(
        { name: 'app', version: '1.0', requiresDist: ['lib', 'w; os_name == "nt"'] },
        { tag: 'cp313-cp313-win_amd64' },
      ),
      wheel(
        { name: 'app', version: '1.0', requiresDist: ['lib', 'w; os_name == "nt"'] },
        { tag: 'cp311-cp311-manylinux_2_17_x86_64' },
      ),
    ])
    release(index, 'lib', '1.0')
    release(index, 'w', '1.0')
    release(index, 'other', '1.0', ['lib'])
    const server = await serveTestIndex(index)
    const place = memoryPlace()
    const both = closureOf(['app', 'other'])
    const linux = closureOf(['app'], '', '[environments]\nlinux = cp311 manylinux_2_28_x86_64\n')
    const of = (sections: string, hours: number, at = place): ReturnType<typeof mirror> =>
      mirror({ url: server.url, mirror: 'removed-projects = delete', sections, place: at, now: later(hours) })
    const states: string[] = [both, linux, both]
    for (const [hours, sections] of states.entries()) {
      const run = await of(sections, hours)
      const anew = await of(sections, hours, memoryPlace())
      expect(served(run)).toEqual(served(anew))
      expect(content(run)).toEqual(content(anew))
    }
    expect(served(await of(linux, 5))).toEqual({
      app: ['app-1.0-cp311-cp311-manylinux_2_17_x86_64.whl'],
      lib: ['lib-1.0-py3-none-any.whl'],
    })
  })

  it('is switched on over a whole mirror, and off again', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib'])
    release(index, 'app', '2.0', ['lib'])
    release(index, 'lib', '1.0')
    release(index, 'other', '1.0')
    const server = await serveTestIndex(index)
    const options = { url: server.url, place: memoryPlace() }
    const whole = await mirror(options)
    const before = content(whole)
    const run = await mirror({ ...options, sections: closureOf(['app'], 'versions = 1'), now: later(1) })
    expect(served(run)).toEqual({ app: ['app-2.0-py3-none-any.whl'], lib: ['lib-1.0-py3-none-any.whl'] })
    const off = await mirror({ ...options, now: later(2) })
    expect(content(off)).toEqual(before)
  })

  it('brings in during the run what a project newly needs that changed meanwhile', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib'])
    release(index, 'lib', '1.0')
    release(index, 'late', '1.0')
    let moved = false
    const server = await serveTestIndex(index, ({ path }) => {
      if (path === '/pypi/app/json' && !moved) {
        moved = true
        release(index, 'app', '2.0', ['late'])
      }
      return 'pass'
    })
    const options = { url: server.url, sections: closureOf(['app']), place: memoryPlace() }
    const run = await mirror(options)
    expect(moved).toBe(true)
    expect(served(run)).toEqual({
      app: ['app-1.0-py3-none-any.whl', 'app-2.0-py3-none-any.whl'],
      late: ['late-1.0-py3-none-any.whl'],
      lib: ['lib-1.0-py3-none-any.whl'],
    })
    server.reset()
    const next = await mirror({ ...options, now: later(1) })
    const fresh = await mirror({ ...options, place: memoryPlace(), now: later(1) })
    expect(content(next)).toEqual(content(fresh))
  })

  it('names what is missing upstream with who needs it, in every run, until it is there', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['nowhere>1', 'lib>5'])
    release(index, 'lib', '1.0')
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: closureOf(['app']), place: memoryPlace() }
    const expected = [
      { project: 'lib', reason: 'upstream has no version that meets it; app 1.0 needs lib>5 for linux, win' },
      { project: 'nowhere', reason: 'upstream has no such project; app 1.0 needs nowhere>1 for linux, win' },
    ]
    expect((await mirror(options)).report.failures).toEqual(expected)
    expect((await mirror({ ...options, now: later(1) })).report.failures).toEqual(expected)
    const sections = closureOf(['app'], 'missing = warn')
    const tolerant = await mirror({ ...options, sections, now: later(2) })
    expect(tolerant.report.failures).toEqual([])
    expect(tolerant.lines).toContain(`${expected[1]?.project}: ${expected[1]?.reason}`)
    release(index, 'nowhere', '2.0')
    release(index, 'lib', '6.0')
    const run = await mirror({ ...options, now: later(3) })
    expect(run.report.failures).toEqual([])
    expect(Object.keys(served(run))).toEqual(['app', 'lib', 'nowhere'])
  })

  it('refuses a closure above the limit, before anything is served', async () => {
    const index = createPackageIndex()
    for (let i = 0; i < 9; i += 1) release(index, `p${i}`, '1.0', i < 8 ? [`p${i + 1}`] : [])
    const server = await serveTestIndex(index)
    const place = memoryPlace()
    const run = mirror({ url: server.url, sections: closureOf(['p0', 'p7'], 'limit = 5'), place })
    await expect(run).rejects.toThrow(
      /^\[closure\] limit = 5: the requirements need more projects than that\. Most are needed by p0 \(\d projects\), p7/,
    )
    expect([...place.files.keys()].filter((key) => key.startsWith('web/simple/'))).toEqual([])
  })

  it('keeps everything where a project cannot be asked, and goes on in the next run', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib'])
    release(index, 'lib', '1.0', ['base'])
    release(index, 'base', '1.0')
    let broken = false
    const server = await serveTestIndex(index, ({ path }) =>
      broken && /\/lib\//.test(path)
        ? { status: 500, headers: {}, body: { size: 0, read: () => Buffer.alloc(0) } }
        : 'pass',
    )
    const sections = closureOf(['app'], 'versions = 1')
    const options = { url: server.url, mirror: 'removed-projects = delete', sections, place: memoryPlace() }
    const before = served(await mirror(options))
    broken = true
    release(index, 'lib', '2.0')
    release(index, 'app', '2.0', ['lib'])
    const run = await mirror({ ...options, now: later(1) })
    expect(served(run)).toMatchObject({ lib: before['lib'], base: before['base'] })
    expect(run.report.failures.map(({ project }) => project)).toEqual(['lib'])
    broken = false
    const next = await mirror({ ...options, now: later(2) })
    expect(next.report.failures).toEqual([])
    expect(served(next)).toEqual({ app: ['app-2.0-py3-none-any.whl'], lib: ['lib-2.0-py3-none-any.whl'] })
  })
})

describe('what a release needs is read', () => {
  async function needs(
    index: ReturnType<typeof createPackageIndex>,
    mirrorOptions = '',
    closure = '',
  ): Promise<string[]> {
    for (const name of ['lib', 'builder']) release(index, name, '1.0')
    const server = await serveTestIndex(index)
    const run = await mirror({ url: server.url, mirror: mirrorOptions, sections: closureOf(['app'], closure) })
    expect(run.report.failures).toEqual([])
    return Object.keys(served(run))
  }

  it('from a part of a wheel without a core metadata file', async () => {
    const index = createPackageIndex()
    index.publish('app', '1.0', [
      wheel({ name: 'app', version: '1.0', requiresDist: ['lib'] }, { servesMetadata: false }),
    ])
    expect(await needs(index)).toEqual(['app', 'lib'])
  })

  it('from PKG-INFO of an sdist where that is certain, with what building needs', async () => {
    const index = createPackageIndex()
    const given = {
      name: 'app',
      version: '1.0',
      requiresDist: ['lib'],
      metadataVersion: '2.2',
      buildRequires: ['builder'],
    }
    index.publish('app', '1.0', [sdist(given)])
    expect(await needs(index)).toEqual(['app', 'builder', 'lib'])
  })

  it('from the JSON API where an sdist leaves it open', async () => {
    const index = createPackageIndex()
    index.publish('app', '1.0', [
      sdist({ name: 'app', version: '1.0', requiresDist: ['lib'], buildRequires: ['builder'] }),
    ])
    expect(await needs(index, '', 'build-requires = never')).toEqual(['app', 'lib'])
  })

  it('with what building needs although there is a wheel, for build-requires = always', async () => {
    const index = createPackageIndex()
    const given = { name: 'app', version: '1.0', requiresDist: ['lib'], buildRequires: ['builder'] }
    index.publish('app', '1.0', [wheel(given), sdist(given)])
    expect(await needs(index, '', 'build-requires = always')).toEqual(['app', 'builder', 'lib'])
  })
})

describe('other commands on such a mirror', () => {
  const VERIFY = { delete: true, dryRun: false, jsonUpdate: false, restart: false, yes: true }

  it.each([['json = false'], ['json = true'], ['simple-format = HTML'], ['simple-api-version = 1.1']])(
    'keep to what is needed, with %s',
    async (option) => {
      const index = createPackageIndex()
      release(index, 'app', '1.0', ['lib<2'])
      release(index, 'lib', '1.0')
      release(index, 'lib', '2.0')
      const server = await serveTestIndex(index)
      const options = { url: server.url, mirror: option, sections: closureOf(['app']), place: memoryPlace() }
      const before = content(await mirror(options))
      const verifying = await engine({ ...options, now: later(1) })
      expect(await runVerify(verifying, VERIFY)).toBe(0)
      expect(content(verifying)).toEqual(before)
      const page = [...options.place.files.keys()].find((key) => /simple\/lib\/index/.test(key)) ?? ''
      options.place.files.delete(page)
      const repairing = await engine({ ...options, now: later(2) })
      await runVerify(repairing, VERIFY)
      expect(Object.keys(content(repairing)).sort()).toEqual(Object.keys(before).sort())
      const syncing = await engine({ ...options, now: later(3) })
      await runSync(syncing, ['lib'], { writeRoot: true })
      // The root index of API 1.1 has the serial of the run that wrote it.
      const pages = (all: typeof before): [string, unknown][] =>
        Object.entries(all).filter(([key]) => !key.startsWith('web/simple/index'))
      expect(pages(content(syncing))).toEqual(pages(before))
      const deleting = await engine({ ...options, now: later(4) })
      await runDelete(deleting, ['lib'], { dryRun: false })
      await runSync(await engine({ ...options, now: later(5) }), ['lib'], { writeRoot: true })
      const run = await mirror({ ...options, now: later(6) })
      expect(pages(content(run))).toEqual(pages(before))
    },
  )

  it('sync brings what is not needed with all its files, and later runs leave it', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0')
    for (const version of ['1.0', '2.0']) release(index, 'extra', version)
    const server = await serveTestIndex(index)
    const options = { url: server.url, sections: closureOf(['app']), place: memoryPlace() }
    await mirror(options)
    await runSync(await engine({ ...options, now: later(1) }), ['extra'], { writeRoot: true })
    release(index, 'app', '2.0')
    const run = await mirror({ ...options, now: later(30) })
    expect(served(run)['extra']).toHaveLength(2)
    expect(served(run)['app']).toHaveLength(2)
  })
})

describe('a run that is killed', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'after %d writes of pages leaves a mirror that the next run completes',
    async (writes) => {
      const index = createPackageIndex()
      release(index, 'app', '1.0', ['old'])
      release(index, 'old', '1.0')
      release(index, 'lib', '1.0')
      for (const name of ['a', 'b', 'c']) release(index, name, '1.0')
      const server = await serveTestIndex(index)
      const sections = closureOf(['app', 'a', 'b', 'c'], 'versions = 1')
      const options = { url: server.url, mirror: 'removed-projects = delete', sections, place: memoryPlace() }
      await mirror(options)
      release(index, 'app', '2.0', ['lib'])
      const run = await engine({ ...options, now: later(1) })
      let left = writes
      const write: Engine['storage']['write'] = async (key, body, how) => {
        if (key.startsWith('web/simple/') && left-- === 0) throw new StorageError('killed')
        return run.storage.write(key, body, how)
      }
      const killed = runMirror({ ...run, storage: { ...run.storage, write } }, FLAGS)
      await killed.catch(() => undefined)
      const edited = { ...options, sections: closureOf(['app', 'a', 'b', 'c'], 'versions = 1\nmissing = warn') }
      const next = await mirror({ ...edited, now: later(2) })
      const fresh = await mirror({ ...options, place: memoryPlace(), now: later(2) })
      expect(content(next)).toEqual(content(fresh))
    },
  )
})

describe('filters beside the requirements', () => {
  it('decide first: another release takes the place of one that they drop', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib'])
    release(index, 'lib', '1.0', ['base'])
    release(index, 'lib', '2.0')
    release(index, 'base', '1.0')
    release(index, 'base', '1.1rc1')
    const server = await serveTestIndex(index)
    const filters =
      '[plugins]\nenabled =\n    blocklist_release\n    blocklist_project\n[blocklist]\npackages =\n    lib>=2\n'
    const options = { url: server.url, place: memoryPlace() }
    const run = await mirror({ ...options, sections: closureOf(['app'], 'versions = 1') + filters })
    expect(served(run)).toEqual({
      app: ['app-1.0-py3-none-any.whl'],
      base: ['base-1.0-py3-none-any.whl'],
      lib: ['lib-1.0-py3-none-any.whl'],
    })
    const blocked = `${closureOf(['app'], 'versions = 1')}${filters}    base\n`
    const next = await mirror({ ...options, sections: blocked, now: later(1) })
    expect(Object.keys(served(next))).toEqual(['app', 'lib'])
    expect(next.report.failures).toEqual([
      { project: 'base', reason: 'dropped by blocklist_project; lib 1.0 needs base for linux, win' },
    ])
  })

  it('that hold a release back: it is chosen as soon as it is due, although nothing changed upstream', async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib'])
    release(index, 'lib', '1.0')
    const server = await serveTestIndex(index)
    const age = '[plugins]\nenabled =\n    release_age\n[release_age]\nmin_days = 7\nexempt =\n    app\n'
    const options = { url: server.url, sections: closureOf(['app']) + age, place: memoryPlace() }
    const uploaded = index.projects.get('lib')?.releases.get('1.0')?.files[0]?.uploadTime.getTime() ?? 0
    const day = (days: number): Date => new Date(uploaded + days * 24 * 3600_000)
    const young = await mirror({ ...options, now: day(1) })
    expect(Object.keys(served(young))).toEqual(['app'])
    expect(young.report.failures.map(({ project }) => project)).toEqual(['lib'])
    const old = await mirror({ ...options, now: day(8) })
    expect(Object.keys(served(old))).toEqual(['app', 'lib'])
    expect(old.report.failures).toEqual([])
  })
})
