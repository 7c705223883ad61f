import { expect, it } from 'vitest'
import { answerWith, createPackageIndex } from '../../helpers/index/index.js'
import { numbered, publish, serveIndex, smallIndex } from '../support.js'
import { changed, createMirror, danglingLinks, expectFresh, pageNames, rootNames } from './support.js'

it('sync leaves the failure history of mirror runs as it is', async () => {
  const index = smallIndex(['fine', 'stuck'])
  const upstream = await serveIndex(index, {
    onRequest: ({ path }) => (/\/stuck\//.test(path) ? answerWith(403, {}) : 'pass'),
  })
  const mirror = createMirror(upstream.url)
  mirror.at(new Date('2026-01-01T00:00:00Z'))
  await mirror.mirror()
  mirror.at(new Date('2026-01-03T00:00:00Z'))
  expect(await mirror.sync('fine')).toMatchObject({ code: 0 })
  const line = ((await mirror.read('.bandersnatch/projects')) ?? '')
    .split('\n')
    .findLast((each) => each.startsWith('stuck '))
  expect(line).toContain('owed=2026-01-01T00:00:00Z')
  expect(line).toContain('runs=1')
})

it('a name with a space makes no other project of todo unusable', async () => {
  const index = smallIndex(numbered(3))
  const upstream = await serveIndex(index)
  const mirror = createMirror(upstream.url)
  await mirror.mirror()
  index.yank('project-001', '1.0', 'a reason')
  const first = index.serial
  index.yank('project-002', '1.0', 'a reason')
  await mirror.write('todo', `${index.serial}\nproject 000 5\nproject-001 ${first}\nproject-002 ${index.serial}\n`)
  const { code, log } = await mirror.mirror()
  expect(code, log).toBe(0)
  expect(log).not.toContain('inconsistent')
  await expectFresh(mirror, upstream.url, '')
})

it('a file without digest, with md5 alone or with an upper-case digest does not fail the other files of its project', async () => {
  const index = createPackageIndex()
  for (const version of ['1.0', '2.0', '3.0', '4.0']) publish(index, { name: 'lib', version }, ['sdist'])
  const digests = ['1.0', '2.0', '3.0'].map(
    (version) => index.projects.get('lib')?.releases.get(version)?.files[0]?.digests() ?? { md5: '', sha256: '' },
  )
  const [none, old, upper] = digests
  const upstream = await serveIndex(index, {
    onRequest: (request) =>
      /^\/(?:pypi|simple)\/lib\//.test(request.path)
        ? changed(request, (text) =>
            text
              .replaceAll(new RegExp(`"sha256": ?"${none?.sha256 ?? ''}"`, 'g'), '"other": "00"')
              .replaceAll(new RegExp(`"md5": ?"${none?.md5 ?? ''}",?`, 'g'), '')
              .replaceAll(new RegExp(`"sha256": ?"${old?.sha256 ?? ''}"`, 'g'), '"other": "00"')
              .replaceAll(`"${upper?.sha256 ?? ''}"`, `"${upper?.sha256.toUpperCase() ?? ''}"`),
          )
        : 'pass',
  })
  const mirror = createMirror(upstream.url)
  await mirror.mirror()
  const names = await pageNames(mirror, 'lib')
  expect(names).toContain('lib-3.0.tar.gz')
  expect(names).toContain('lib-4.0.tar.gz')
  expect(await danglingLinks(mirror)).toEqual([])
})

it('core metadata whose name is too long for a file system does not fail its project', async () => {
  const index = createPackageIndex()
  const name = 'n'.repeat(228)
  publish(index, { name, version: '1.0' })
  publish(index, { name, version: '2' })
  const upstream = await serveIndex(index)
  const mirror = createMirror(upstream.url)
  const { code, log } = await mirror.mirror()
  expect(code, log).toBe(0)
  expect(await rootNames(mirror)).toEqual([name])
  expect(await pageNames(mirror, name)).toHaveLength(2)
  expect(await danglingLinks(mirror)).toEqual([])
})

it('two kills in one sync leave the right serials in the root index', async () => {
  const index = smallIndex(numbered(6))
  let stopAt = ''
  const upstream = await serveIndex(index, {
    onRequest: ({ path }) => {
      if (stopAt !== '' && path.includes(stopAt)) mirror.stop()
      return 'pass'
    },
  })
  const mirror = createMirror(upstream.url, 'max-requests = 1\n')
  await mirror.mirror()
  for (const name of numbered(6)) index.yank(name, '1.0', 'a reason')
  for (const name of ['project-002', 'project-004']) {
    stopAt = `/${name}/`
    expect(await mirror.sync(...numbered(6))).toMatchObject({ code: 143 })
  }
  stopAt = ''
  expect(await mirror.sync('project-005')).toMatchObject({ code: 0 })
  const root = (await mirror.read('web/simple/index.v1_json')) ?? ''
  for (const name of numbered(6)) {
    const page = (await mirror.read(`web/simple/${name}/index.v1_json`)) ?? ''
    const serial = /"_last-serial": (\d+)/.exec(page)?.[1] ?? ''
    expect(root).toContain(`{"name": "${name}", "_last-serial": ${serial}}`)
  }
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  await expectFresh(mirror, upstream.url, 'max-requests = 1\n')
})
