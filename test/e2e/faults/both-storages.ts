import { describe, expect, it } from 'vitest'
import { createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import type { Upload } from '../../helpers/index/types.js'
import { generatedBody } from '../../helpers/index/body.js'
import { publish, serveIndex } from '../support.js'
import { changed, danglingLinks, pageNames } from './support.js'
import type { Mirror } from './support.js'

export type OpenMirror = (master: string, options?: string) => Mirror | Promise<Mirror>

/** Larger than what is taken whole: it is written in parts. */
const LARGE = 3_000_000

function largeUpload(name: string): Upload {
  return { ...sdist({ name, version: '1.0' }), body: generatedBody(name, LARGE) }
}

/** What holds wherever a mirror is kept. `open` makes one. */
export function describeFaults(open: OpenMirror): void {
  describe('two projects that list the same file', () => {
    /** `own` and `alias` list one file; `upload` is it. */
    async function shared(upload: Upload, options: string) {
      const index = createPackageIndex()
      for (const name of ['own', 'alias']) index.publish(name, '1.0', [upload])
      publish(index, { name: 'third', version: '1.0' })
      const upstream = await serveIndex(index)
      return { index, upstream, mirror: await open(upstream.url, options) }
    }

    it.each(['alias', 'own'])('keep it when upstream deletes %s', async (gone) => {
      const { index, mirror } = await shared(wheel({ name: 'own', version: '1.0' }), 'removed-projects = delete\n')
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      index.deleteProject(gone)
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      expect(await danglingLinks(mirror)).toEqual([])
      index.deleteProject(gone === 'own' ? 'alias' : 'own')
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      expect((await mirror.keys()).filter((key) => /\/own-1\.0/.test(key))).toEqual([])
    })

    it.each(['alias', 'own'])('keep it when the admin deletes %s', async (gone) => {
      const { mirror } = await shared(wheel({ name: 'own', version: '1.0' }), 'json = true\n')
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      expect(await mirror.delete(gone)).toMatchObject({ code: 0 })
      expect(await danglingLinks(mirror)).toEqual([])
      expect(await pageNames(mirror, gone === 'own' ? 'alias' : 'own')).toEqual(['own-1.0-py3-none-any.whl'])
    })

    it('store it once and whole, though it is written in parts', async () => {
      const upload = largeUpload('own')
      const { upstream, mirror } = await shared(upload, 'workers = 10\n')
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      expect(upstream.count(/own-1\.0/)).toBe(1)
      expect(await danglingLinks(mirror)).toEqual([])
      expect(await mirror.verify()).toMatchObject({ code: 0 })
      expect(upstream.count(/own-1\.0/)).toBe(1)
    })

    it('keep the good file when one of them claims another digest for it', async () => {
      const index = createPackageIndex()
      publish(index, { name: 'own', version: '1.0' })
      index.publish('alias', '1.0', [wheel({ name: 'own', version: '1.0' })])
      let lies = false
      const good = index.projects.get('own')?.releases.get('1.0')?.files[0]?.digests().sha256 ?? ''
      const upstream = await serveIndex(index, {
        onRequest: (request) =>
          lies && /\/alias\//.test(request.path)
            ? changed(request, (text) =>
                text
                  .replaceAll(`"sha256":"${good}"`, `"sha256":"${'0'.repeat(64)}"`)
                  .replaceAll(`"sha256": "${good}"`, `"sha256": "${'0'.repeat(64)}"`),
              )
            : 'pass',
      })
      const mirror = await open(upstream.url, 'compare-method = hash\n')
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      lies = true
      index.yank('alias', '1.0')
      expect(await mirror.mirror()).toMatchObject({ code: 1 })
      expect(await danglingLinks(mirror)).toEqual([])
      expect(await mirror.mirror()).toMatchObject({ code: 1 })
      expect(await danglingLinks(mirror)).toEqual([])
      await mirror.verify()
      expect(await danglingLinks(mirror)).toEqual([])
      expect(await pageNames(mirror, 'own')).toEqual(['own-1.0-py3-none-any.whl'])
    })
  })

  it('a file that a project lists twice is fetched once', async () => {
    const index = createPackageIndex()
    const upload = largeUpload('twice')
    index.publish('twice', '1.0', [upload, upload])
    const upstream = await serveIndex(index)
    const mirror = await open(upstream.url, 'workers = 10\n')
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(upstream.count(/twice-1\.0/)).toBe(1)
    expect(await mirror.verify()).toMatchObject({ code: 0 })
  })

  it.each(['simple-format = JSON\n', 'simple-format = HTML\n', 'hash-index = true\n'])(
    '%s leaves no page of the old kind',
    async (option) => {
      const index = createPackageIndex()
      for (const name of ['alpha', 'beta']) publish(index, { name, version: '1.0' })
      const upstream = await serveIndex(index)
      const mirror = await open(upstream.url)
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      mirror.configure(option)
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      const pages = (await mirror.keys()).filter((key) => /^web\/simple\/.*index\./.test(key))
      if (option.includes('JSON')) expect(pages.filter((key) => key.endsWith('html'))).toEqual([])
      if (option.includes('HTML')) expect(pages.filter((key) => key.endsWith('json'))).toEqual([])
      expect(pages.filter((key) => /\/(?:a|b)\//.test(key)).length).toBe(option.includes('hash') ? 6 : 0)
      expect(pages.filter((key) => /simple\/(?:alpha|beta)\//.test(key)).length > 0).toBe(!option.includes('hash'))
    },
  )

  it.each([
    ['a filter', 'json = true\n', 'json = true\n[plugins]\nenabled = latest_release\n[latest_release]\nkeep = 1\n'],
    ['release-files', 'json = true\n', 'json = true\nrelease-files = false\nroot_uri = https://files.test\n'],
    ['core-metadata', 'json = true\n', 'json = true\ncore-metadata = false\n'],
    ['root_uri', 'root_uri = https://files.test/packages/here\n', ''],
    ['json', 'json = true\n', 'json = false\n'],
  ])('verify --delete between an edit of %s and the next run deletes no file that a page names', async (...options) => {
    const [, before, after] = options
    const index = createPackageIndex()
    for (const version of ['1.0', '2.0']) publish(index, { name: 'lib', version }, ['wheel', 'sdist'])
    const upstream = await serveIndex(index)
    const mirror = await open(upstream.url, before)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    mirror.configure(after)
    await mirror.verify({ delete: true, yes: true })
    expect(await danglingLinks(mirror)).toEqual([])
    mirror.configure(before)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await mirror.verify()).toMatchObject({ code: 0 })
    expect(await danglingLinks(mirror)).toEqual([])
    expect(await pageNames(mirror, 'lib')).toHaveLength(4)
  })

  it('verify with compare-method = hash finds and repairs a file that was damaged without changing its size', async () => {
    const index = createPackageIndex()
    publish(index, { name: 'lib', version: '1.0' }, ['sdist'])
    const upstream = await serveIndex(index)
    const mirror = await open(upstream.url, 'compare-method = hash\n')
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    const [key = ''] = (await mirror.keys()).filter((each) => each.endsWith('.tar.gz'))
    const file = index.projects.get('lib')?.releases.get('1.0')?.files[0]
    await mirror.write(key, Buffer.alloc(file?.body.size ?? 0, 'x'))
    expect(await mirror.verify({ dryRun: true })).toMatchObject({ code: 1 })
    upstream.reset()
    expect(await mirror.verify()).toMatchObject({ code: 0 })
    expect(upstream.count(/lib-1\.0/)).toBe(1)
    expect(await mirror.verify({ dryRun: true })).toMatchObject({ code: 0 })
  })

  it('a project whose files are all refused leaves the index', async () => {
    const index = createPackageIndex()
    for (const name of ['alpha', 'beta', 'gamma']) publish(index, { name, version: '1.0' })
    let refused = false
    const upstream = await serveIndex(index, {
      onRequest: (request) =>
        refused && /\/beta\//.test(request.path)
          ? changed(request, (text) => text.replaceAll('beta-1.0-py3-none-any.whl"', '../beta.whl"'))
          : 'pass',
    })
    const mirror = await open(upstream.url)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    refused = true
    index.yank('beta', '1.0')
    await mirror.mirror()
    expect(await pageNames(mirror, 'beta')).toEqual([])
    expect((await mirror.keys()).filter((key) => key.startsWith('web/simple/beta/'))).toEqual([])
  })
}
