import { describe, expect, it } from 'vitest'
import { createPackageIndex } from '../../helpers/index/index.js'
import { numbered, publish, serveIndex, smallIndex } from '../support.js'
import { createMirror, danglingLinks, expectFresh, rootNames, servedBy } from './support.js'

describe('verify --json-update --delete goes by the removal policy and the guard', () => {
  it.each(['unlist', 'delete', 'keep'])('removed-projects = %s', async (policy) => {
    const index = smallIndex(numbered(6))
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, `json = true\nremoved-projects = ${policy}\n`)
    await mirror.mirror()
    const before = await servedBy(mirror)
    // More than half of a small mirror.
    for (const name of numbered(4)) index.deleteProject(name)
    const refused = await mirror.verify({ jsonUpdate: true, delete: true })
    expect(refused.code).toBe(policy === 'keep' ? 0 : 6)
    expect(Object.keys(await servedBy(mirror))).toEqual(Object.keys(before))
    expect(await danglingLinks(mirror)).toEqual([])
    if (policy === 'keep') return
    expect(await mirror.verify({ jsonUpdate: true, delete: true, yes: true })).toMatchObject({ code: 0 })
    expect(await rootNames(mirror)).toEqual(['project-004', 'project-005'])
    expect((await mirror.keys()).filter((key) => key.startsWith('web/json/'))).toHaveLength(2)
    expect(await danglingLinks(mirror)).toEqual([])
  })
})

describe('verify finds what is wrong without a request where the stored document tells', () => {
  const DAMAGES: readonly [string, string, string | undefined][] = [
    ['a page that is missing', 'web/simple/lib/index.html', undefined],
    ['a page that was cut off', 'web/simple/lib/index.html', '<!DOCTYPE html><html>'],
    ['a page with other text', 'web/simple/lib/index.v1_html', '<!DOCTYPE html><html><body></body></html>'],
    ['a second copy of the document that is missing', 'web/pypi/lib/json', undefined],
    ['a second copy of the document that is damaged', 'web/pypi/lib/json', '{}'],
  ]

  it.each(DAMAGES)('%s', async (_, key, text) => {
    const index = createPackageIndex()
    publish(index, { name: 'lib', version: '1.0' })
    const upstream = await serveIndex(index)
    const mirror = createMirror(upstream.url, 'json = true\n')
    await mirror.mirror()
    if (text === undefined) await mirror.erase(key)
    else await mirror.write(key, text)
    upstream.reset()
    const planned = await mirror.verify({ dryRun: true })
    expect(planned.code).toBe(1)
    expect(await mirror.read(key)).toBe(text)
    expect(await mirror.verify()).toMatchObject({ code: 0 })
    expect(upstream.asked()).toEqual([])
    expect(await mirror.verify({ dryRun: true })).toMatchObject({ code: 0 })
    await expectFresh(mirror, upstream.url, 'json = true\n')
  })

  it.each([
    ['a document that is missing', undefined],
    ['a document that is damaged', '{"info": {'],
  ])('%s is fetched', async (_, text) => {
    const upstream = await serveIndex(smallIndex(['lib', 'other']))
    const mirror = createMirror(upstream.url, 'json = true\n')
    await mirror.mirror()
    if (text === undefined) await mirror.erase('web/json/lib')
    else await mirror.write('web/json/lib', text)
    expect(await mirror.verify({ dryRun: true })).toMatchObject({ code: 1 })
    expect(await mirror.verify()).toMatchObject({ code: 0 })
    await expectFresh(mirror, upstream.url, 'json = true\n')
  })
})

it.each(['', '/packages/', '/some/packages/here'])(
  'verify --delete keeps all files with a root_uri that ends in %s',
  async (path) => {
    const upstream = await serveIndex(smallIndex(['lib', 'other']))
    for (const json of [true, false]) {
      const mirror = createMirror(upstream.url, `json = ${json}\nroot_uri = https://files.test${path}\n`)
      await mirror.mirror()
      const before = await servedBy(mirror)
      expect(await mirror.verify({ delete: true, yes: true })).toMatchObject({ code: 0 })
      expect(await servedBy(mirror)).toEqual(before)
    }
  },
)
