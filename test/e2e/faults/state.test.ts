import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createPackageIndex } from '../../helpers/index/index.js'
import { numbered, publish, serveIndex, smallIndex } from '../support.js'
import { copyOf, createMirror, danglingLinks, expectFresh, pageNames, rootNames, servedBy } from './support.js'

const LEDGER = '.bandersnatch/projects'
const YEAR = 365 * 24 * 3600_000

describe('a clock that was wrong', () => {
  it('once ahead does not let keep_index_versions remove the page that is linked', async () => {
    const index = smallIndex(['lib'])
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, 'keep_index_versions = 2\n')
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    // The version that was written when the clock was ahead.
    const directory = join(mirror.directory, 'web/simple/lib')
    for (const key of (await mirror.keys()).filter((each) => each.includes('/lib/versions/'))) {
      const name = key.slice(key.lastIndexOf('/') + 1)
      for (const year of ['2091', '2092']) {
        const ahead = name.replace(/_20\d\d-/, `_${year}-`)
        await mirror.write(key.replace(name, ahead), (await mirror.read(key)) ?? '')
        rmSync(join(directory, `index${name.slice(name.lastIndexOf('Z.') + 1)}`))
        symlinkSync(`versions/${ahead}`, join(directory, `index${name.slice(name.lastIndexOf('Z.') + 1)}`))
      }
    }
    for (const version of ['2.0', '3.0', '4.0']) {
      publish(index, { name: 'lib', version })
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      expect(await danglingLinks(mirror)).toEqual([])
      expect(await pageNames(mirror, 'lib')).toContain(`lib-${version}-py3-none-any.whl`)
    }
    expect((await mirror.keys()).filter((key) => /lib\/versions\/.*\.html$/.test(key))).toHaveLength(2)
  })

  it.each([
    ['back', -5 * YEAR],
    ['ahead', 5 * YEAR],
  ])('by years (%s) removes nothing, and later runs are as ever', async (_, by) => {
    const index = smallIndex(numbered(3))
    let broken = false
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) =>
        broken && /project-001\//.test(path) ? (response) => void response.writeHead(403).end() : 'pass',
    })
    const mirror = createMirror(upstream.url)
    const now = Date.now()
    mirror.at(new Date(now))
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    broken = true
    index.yank('project-001', '1.0', 'a reason')
    for (const time of [now + by, now + by, now + by, now + by]) {
      mirror.at(new Date(time))
      expect(await mirror.mirror({ retryFailed: true })).toMatchObject({ code: 1 })
      expect(await danglingLinks(mirror)).toEqual([])
      expect(await rootNames(mirror)).toEqual(numbered(3))
    }
    broken = false
    // Its next time lies years ahead, or years back.
    mirror.at(new Date(now))
    upstream.reset()
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(upstream.count(/project-001/)).toBeGreaterThan(0)
    await expectFresh(mirror, upstream.url, '')
    mirror.at(new Date(now + 60_000))
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
  })

  it('a `due` in the far future is doubted, and the run goes on', async () => {
    const index = smallIndex(numbered(3))
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url)
    await mirror.mirror()
    const ledger = (await mirror.read(LEDGER)) ?? ''
    await mirror.write(LEDGER, ledger.replace(/^(project-001 .*)$/m, '$1 due=2999-01-01T00:00:00Z'))
    index.yank('project-000', '1.0')
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await mirror.read(LEDGER)).not.toContain('2999')
    await expectFresh(mirror, upstream.url, '')
  })
})

describe('a ledger that cannot be read', () => {
  const DAMAGES: readonly [string, (text: string) => string | undefined][] = [
    ['lost', () => undefined],
    ['empty', () => ''],
    ['cut off within a line', (text) => text.slice(0, -20)],
    ['cut off at half', (text) => text.slice(0, text.length / 2)],
    ['of a later version', (text) => text.replace(/^.*\n/, 'bandersnatch ledger 99\n')],
    ['with lines of another program', (text) => `${text}<<<<<<< HEAD\n\u0000\u0001\u0002\nproject-000 x y z\n`],
    ['binary', () => '\u0000\u0001'.repeat(500)],
  ]

  it.each(DAMAGES)('%s: it is made anew, nothing is removed, and the next run is quiet', async (_, damage) => {
    const index = smallIndex(numbered(5))
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, 'json = true\n')
    await mirror.mirror()
    const before = await servedBy(mirror)
    const text = damage((await mirror.read(LEDGER)) ?? '')
    if (text === undefined) await mirror.erase(LEDGER)
    else await mirror.write(LEDGER, text)
    index.yank('project-003', '1.0', 'a reason')
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(Object.keys(await servedBy(mirror))).toEqual(Object.keys(before))
    await mirror.mirror()
    upstream.reset()
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
    await expectFresh(mirror, upstream.url, 'json = true\n')
  })
})

describe('a mirror directory', () => {
  it('that was moved serves pages with keep_index_versions, and links that 8.0 wrote are mended', async () => {
    const index = smallIndex(['lib', 'other'])
    const upstream = await serveIndex(index)
    const options = 'keep_index_versions = 2\n'
    const mirror = createMirror(upstream.url, options)
    await mirror.mirror()
    const moved = createMirror(upstream.url, options)
    rmSync(moved.directory, { recursive: true, force: true })
    renameSync(mirror.directory, moved.directory)
    expect(await danglingLinks(moved)).toEqual([])
    // 8.0 writes absolute links.
    const link = join(moved.directory, 'web/simple/lib/index.html')
    rmSync(link)
    symlinkSync('/nowhere/web/simple/lib/versions/index_1_x.html', link)
    expect(await danglingLinks(moved)).toEqual(['web/simple/lib/index.html cannot be read'])
    expect(await moved.verify()).toMatchObject({ code: 0 })
    expect(await moved.read('web/simple/lib/index.html')).toContain('lib-1.0')
    expect(await danglingLinks(moved)).toEqual([])
  })

  it('that was copied while a run wrote heals in its next run', async () => {
    const index = createPackageIndex()
    for (const name of numbered(20)) publish(index, { name, version: '1.0' })
    let copy: ReturnType<typeof createMirror> | undefined
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => {
        if (path.includes('/project-010/') && copies) copy ??= copyOf(mirror, upstream.url, 'max-requests = 1\n')
        return 'pass'
      },
    })
    let copies = false
    const mirror = createMirror(upstream.url, 'max-requests = 1\n')
    await mirror.mirror()
    for (const name of numbered(20)) publish(index, { name, version: '2.0' })
    copies = true
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    copies = false
    expect(copy).toBeDefined()
    if (copy === undefined) return
    // The lock came along with the copy; whoever made the copy removes it.
    await copy.erase('.bandersnatch/lock')
    expect(await copy.mirror()).toMatchObject({ code: 0 })
    expect(await danglingLinks(copy)).toEqual([])
    await expectFresh(copy, upstream.url, 'max-requests = 1\n')
  })

  it.each(['status', 'todo'])('whose %s is ahead of upstream is compared, and the run says so', async (file) => {
    const index = smallIndex(numbered(3))
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url)
    const ahead = '900000000000'
    await mirror.write('generation', '5')
    await mirror.write('status', file === 'status' ? ahead : '1')
    if (file === 'todo') await mirror.write('todo', `${ahead}\nproject-001 3\n`)
    const { code, log } = await mirror.mirror()
    expect(code, log).toBe(0)
    expect(log).toMatch(/state files say serial 900000000000, but upstream is only at/)
    expect(await rootNames(mirror)).toEqual(numbered(3))
    publish(index, { name: 'new', version: '1.0' })
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await rootNames(mirror)).toEqual(['new', ...numbered(3)])
  })
})
