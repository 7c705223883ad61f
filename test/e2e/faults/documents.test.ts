import { expect, it } from 'vitest'
import { createPackageIndex } from '../../helpers/index/index.js'
import { publish, serveIndex } from '../support.js'
import { createMirror, danglingLinks, expectFresh, pageNames } from './support.js'

/** A mirror with documents, then without, for which a second release was published in between. */
async function withoutDocuments(upstreamOptions = '') {
  const index = createPackageIndex()
  publish(index, { name: 'lib', version: '1.0' })
  const upstream = await serveIndex(index)
  const mirror = createMirror(upstream.url, `json = true\n${upstreamOptions}`)
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  const document = (await mirror.read('web/json/lib')) ?? ''
  mirror.configure(`json = false\n${upstreamOptions}`)
  publish(index, { name: 'lib', version: '2.0' })
  return { index, upstream, mirror, document }
}

it('verify keeps a release that is newer than the document from a time when json was on', async () => {
  const { index, upstream, mirror, document } = await withoutDocuments()
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  // A version before this one left it.
  await mirror.write('web/json/lib', document)
  index.removeRelease('lib', '1.0')
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  await mirror.write('web/json/lib', document)
  expect(await mirror.verify({ delete: true, yes: true })).toMatchObject({ code: 0 })
  expect(await danglingLinks(mirror)).toEqual([])
  expect(await pageNames(mirror, 'lib')).toEqual(['lib-2.0-py3-none-any.whl'])
  await mirror.erase('web/json')
  await expectFresh(mirror, upstream.url, 'json = false\n')
})

it('verify does not fetch withdrawn files that only an old document names', async () => {
  const { index, upstream, mirror, document } = await withoutDocuments('removed-projects = delete\n')
  index.removeRelease('lib', '1.0')
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  await mirror.write('web/json/lib', document)
  upstream.reset()
  expect(await mirror.verify()).toMatchObject({ code: 0 })
  expect(upstream.count(/packages/)).toBe(0)
  expect((await mirror.keys()).filter((key) => key.includes('lib-1.0'))).toEqual([])
})

it.each(['delete', 'unlist'])(
  'a filter edit does not bring back an older page from an old document (%s)',
  async (policy) => {
    const options = `removed-projects = ${policy}\n`
    const { upstream, mirror, document } = await withoutDocuments(options)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    // The document is put back as a version before this one would have left it, with json on again.
    await mirror.write('web/json/lib', document)
    await mirror.write('web/pypi/lib/json', document)
    const filtered = `json = true\n${options}[plugins]\nenabled = prerelease_release\n`
    mirror.configure(filtered)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(await pageNames(mirror, 'lib')).toEqual(['lib-1.0-py3-none-any.whl', 'lib-2.0-py3-none-any.whl'])
    await expectFresh(mirror, upstream.url, filtered)
  },
)

it('verify replaces a document that is older than the page', async () => {
  const index = createPackageIndex()
  publish(index, { name: 'lib', version: '1.0' })
  const upstream = await serveIndex(index)
  const mirror = createMirror(upstream.url, 'json = true\n')
  await mirror.mirror()
  const document = (await mirror.read('web/json/lib')) ?? ''
  publish(index, { name: 'lib', version: '2.0' })
  await mirror.mirror()
  await mirror.write('web/json/lib', document)
  expect(await mirror.verify({ delete: true })).toMatchObject({ code: 0 })
  await expectFresh(mirror, upstream.url, 'json = true\n')
})
