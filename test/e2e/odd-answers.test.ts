import { describe, expect, it } from 'vitest'
import { answer } from '../helpers/index/answer.js'
import { answerWith, createPackageIndex } from '../helpers/index/index.js'
import type { PackageIndex, Reaction } from '../helpers/index/index.js'
import type { RpcValue } from '../../src/upstream/rpc-value.js'
import { fault, success } from '../upstream/rpc-text.js'
import { createMirror, listedNames, pageFiles, publish, serveIndex, served, smallIndex } from './support.js'

const METHODS = ['auto', 'simple', 'xmlrpc'] as const
/** more than any index has, and more than a double holds */
const HUGE = 900_000_000_000_000
const TOO_HUGE = 9_007_199_254_740_993

/** The list of an index with further entries, or with others instead of its own. */
function listWith(index: PackageIndex, entries: readonly unknown[], serial: unknown = index.serial): Reaction {
  const named = new Set(entries.map((entry) => (entry as { name?: unknown }).name))
  const own = [...index.projects.values()]
    .filter(({ name }) => !named.has(name))
    .map((project) => ({ name: project.name, '_last-serial': project.serial }))
  const text = JSON.stringify({ meta: { '_last-serial': serial }, projects: [...own, ...entries] })
  return answerWith(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }, text)
}

function rpc(value: RpcValue): Reaction {
  return answerWith(200, { 'content-type': 'text/xml' }, success(value))
}

describe('serials that are none', () => {
  it.each([
    ['a text', '30000003'],
    ['negative', -5],
    ['too huge', TOO_HUGE],
    ['a fraction', 1.5],
    ['missing', undefined],
    ['null', null],
  ])('leave a listed project as it is: %s', async (_, serial) => {
    const index = smallIndex(['alpha', 'beta'])
    let odd = false
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) =>
        odd && path === '/simple/' ? listWith(index, [{ name: 'beta', '_last-serial': serial }]) : 'pass',
    })
    const mirror = createMirror(upstream.url, 'api-method = simple\nreconcile-interval = 0\n')
    await mirror.run()
    odd = true
    publish(index, { name: 'alpha', version: '2.0' })
    const { code, log } = await mirror.run()
    expect(code).toBe(0)
    expect(log).toMatch(/skipping 1 entries without a name and serial/)
    expect(listedNames(mirror)).toEqual(['alpha', 'beta'])
    expect(pageFiles(mirror, 'alpha')).toHaveLength(2)
  })

  it('in an XML-RPC list do the same', async () => {
    const index = smallIndex(['alpha', 'beta'])
    let odd = false
    const upstream = await serveIndex(index, {
      onRequest: ({ body }) =>
        odd && body.includes('list_packages_with_serial')
          ? rpc(
              new Map<string, RpcValue>([
                ['alpha', 30_000_004],
                ['beta', 'x'],
                ['', 5],
              ]),
            )
          : 'pass',
    })
    const mirror = createMirror(upstream.url, 'api-method = xmlrpc\n')
    await mirror.run()
    odd = true
    expect(await mirror.run({ forceCheck: true })).toMatchObject({ code: 0 })
    expect(listedNames(mirror)).toEqual(['alpha', 'beta'])
  })
})

describe('a serial that is too high for its index', () => {
  it.each(METHODS)('of a project hides no later change, with api-method = %s', async (method) => {
    const index = smallIndex(['alpha', 'beta'])
    let odd = true
    const upstream = await serveIndex(index, {
      onRequest: ({ path, body }) => {
        if (!odd) return 'pass'
        if (path === '/simple/') return listWith(index, [{ name: 'beta', '_last-serial': HUGE }])
        if (body.includes('list_packages_with_serial'))
          return rpc(
            new Map([
              ['alpha', index.projects.get('alpha')?.serial ?? 0],
              ['beta', HUGE],
            ]),
          )
        if (body.includes('changelog_since_serial'))
          return rpc([['beta', null, 0, 'create', HUGE], ...index.changelog.slice(-3).map((row) => [...row])])
        return 'pass'
      },
    })
    const mirror = createMirror(upstream.url, `api-method = ${method}\n`)
    for (let version = 2; version < 5; version += 1) {
      const ran = await mirror.run()
      expect(ran, ran.log).toMatchObject({ code: 0 })
      expect(mirror.read('status')).toBe(String(index.serial))
      expect(listedNames(mirror)).toEqual(['alpha', 'beta'])
      publish(index, { name: 'alpha', version: `${version}.0` })
    }
    odd = false
    await mirror.run()
    expect(pageFiles(mirror, 'alpha')).toHaveLength(4)
    upstream.asked()
    await mirror.run()
    expect(upstream.asked()).toHaveLength(1)
  })

  it('of the list is corrected by the next one', async () => {
    const index = smallIndex(['alpha', 'beta'])
    let serial: unknown = HUGE
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (path === '/simple/' ? listWith(index, [], serial) : 'pass'),
    })
    const mirror = createMirror(upstream.url, 'api-method = simple\n')
    expect(await mirror.run()).toMatchObject({ code: 0 })
    serial = undefined
    publish(index, { name: 'beta', version: '2.0' })
    const { code, log } = await mirror.run()
    expect(code).toBe(0)
    expect(log).toMatch(/went back from 900000000000000/)
    expect(pageFiles(mirror, 'beta')).toHaveLength(2)
    publish(index, { name: 'beta', version: '3.0' })
    expect((await mirror.run()).log).not.toMatch(/WARNING: .*went back/)
    expect(pageFiles(mirror, 'beta')).toHaveLength(3)
  })
})

it.each(METHODS)('an upstream that was restored from a backup, with api-method = %s', async (method) => {
  let index = createPackageIndex()
  for (const name of ['alpha', 'beta', 'same']) publish(index, { name, version: '1.0' })
  const backup = createPackageIndex()
  for (const name of ['alpha', 'beta', 'same']) publish(backup, { name, version: '1.0' })
  publish(index, { name: 'alpha', version: '2.0' })
  publish(index, { name: 'lost', version: '1.0' })
  publish(index, { name: 'bad', version: '1.0' })
  const upstream = await serveIndex(index, {
    onRequest: (request) =>
      request.path === '/pypi/bad/json' && index !== backup ? answerWith(200, {}, '{}') : answer(index, request),
  })
  const mirror = createMirror(
    upstream.url,
    `json = true\nglobal-timeout = 0.5\nremoved-projects = delete\napi-method = ${method}\n`,
  )
  expect(await mirror.run()).toMatchObject({ code: 1 })
  const before = served(mirror.directory)

  index = backup
  upstream.asked()
  const { code, log } = await mirror.run()
  expect(code, log).toBe(0)
  expect(log).toMatch(/serial went back from \d+ to \d+: was it restored from a backup\?/)
  expect(listedNames(mirror)).toEqual(['alpha', 'beta', 'lost', 'same'])
  expect(pageFiles(mirror, 'alpha')).toEqual(['alpha-1.0-py3-none-any.whl'])
  const after = served(mirror.directory)
  expect(after).toMatchObject(Object.fromEntries(Object.entries(before).filter(([path]) => /lost/.test(path))))
  expect(upstream.asked().filter((request) => /beta|same/.test(request))).toEqual([])

  // serials that the mirror has seen before, given out anew
  publish(backup, { name: 'alpha', version: '2.1' })
  publish(backup, { name: 'gamma', version: '1.0' })
  const next = await mirror.run()
  expect(next, next.log).toMatchObject({ code: 0 })
  expect(next.log).not.toMatch(/WARNING: .*went back/)
  expect(pageFiles(mirror, 'alpha')).toHaveLength(2)
  expect(listedNames(mirror)).toContain('gamma')
  expect(mirror.read('status')).toBe(String(backup.serial))
})

it('a changelog with rows of all kinds', async () => {
  const index = smallIndex(['alpha', 'beta', 'gamma'])
  const since = index.serial
  const rows: RpcValue = [
    ['alpha', '2.0', 0, 'an action of next year', since + 4],
    [null, null, 0, 'create', since + 3],
    ['beta', '2.0', null, null, since + 2],
    ['gamma', null, 0, 'create', -7],
    ['gamma', null, 0, 'create', '9'],
    ['', null, 0, 'create', since + 1],
    [['gamma'], 1],
    'row',
    [],
    ['../../etc', null, 0, 'create', since + 3],
    ['__proto__', null, 0, 'create', since + 3],
    ['gamma', null, 0, 'create', since - 1],
  ]
  const upstream = await serveIndex(index, {
    onRequest: ({ body }) => (body.includes('changelog_since_serial') ? rpc(rows) : 'pass'),
  })
  const mirror = createMirror(upstream.url)
  await mirror.run()
  publish(index, { name: 'beta', version: '2.0' })
  publish(index, { name: 'alpha', version: '2.0' })
  upstream.asked()
  const { code, log } = await mirror.run()
  expect(code, log).toBe(0)
  expect(upstream.asked().filter((request) => request.startsWith('GET /pypi/'))).toEqual([
    'GET /pypi/alpha/json',
    'GET /pypi/beta/json',
  ])
  expect(pageFiles(mirror, 'alpha')).toHaveLength(2)
  expect(pageFiles(mirror, 'beta')).toHaveLength(2)
  expect(mirror.read('status')).toBe(String(index.serial))
})

const BOMB = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 20 }, (_, i) => `<!ENTITY a${i} "${'&a;'.repeat(10)}">`).join('')}]>
<methodResponse><params><param><value><string>&a19;</string></value></param></params></methodResponse>`

describe('XML-RPC that is none', () => {
  const answers: readonly (readonly [string, Reaction, boolean])[] = [
    ['404', answerWith(404, {}), true],
    ['405', answerWith(405, {}), true],
    ['HTML', answerWith(200, { 'content-type': 'text/html' }, '<!doctype html><title>Packages</title>'), true],
    ['another document', answerWith(200, { 'content-type': 'text/xml' }, '<rss><channel/></rss>'), true],
    ['an unknown method', answerWith(200, { 'content-type': 'text/xml' }, fault(-32601, 'no such method')), true],
    ['a fault', answerWith(200, { 'content-type': 'text/xml' }, fault(-32500, 'RuntimeError: switched off')), false],
    ['an entity bomb', answerWith(200, { 'content-type': 'text/xml' }, BOMB), false],
    ['a value of another kind', answerWith(200, { 'content-type': 'text/xml' }, success(new Map())), false],
    ['an answer cut off', answerWith(200, { 'content-type': 'text/xml' }, success(5).slice(0, 70)), false],
  ]

  it.each(answers)('is said once, and the list is used: %s', async (_, given, notOffered) => {
    const index = smallIndex(['alpha'])
    const upstream = await serveIndex(index, { onRequest: ({ method }) => (method === 'POST' ? given : 'pass') })
    const mirror = createMirror(upstream.url, 'global-timeout = 0.5\n')
    await mirror.run()
    publish(index, { name: 'alpha', version: '2.0' })
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    expect(log.match(/WARNING: .*comparing with the list of all projects instead/g)).toHaveLength(1)
    expect(pageFiles(mirror, 'alpha')).toHaveLength(2)
    // whoever wants XML-RPC alone is told where there is some that fails
    mirror.edit('[mirror]\n', '[mirror]\napi-method = xmlrpc\n')
    expect(await mirror.run()).toMatchObject({ code: notOffered ? 0 : 7 })
  })

  it('and the other way round: an index whose list is elsewhere', async () => {
    const index = smallIndex(['alpha'])
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (path === '/simple/' ? answerWith(404, {}) : 'pass'),
    })
    const mirror = createMirror(upstream.url)
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    expect(log.match(/using its XML-RPC list instead/g)).not.toBeNull()
    expect(listedNames(mirror)).toEqual(['alpha'])
    expect(mirror.read('status')).toBe(String(index.serial))
  })
})

describe('names', () => {
  it.each(METHODS)('that are one when normalized are one project, with api-method = %s', async (method) => {
    const index = smallIndex(['Foo.Bar', 'other'])
    const real = index.projects.get('foo-bar')?.serial ?? 0
    const upstream = await serveIndex(index, {
      onRequest: ({ path, body }) => {
        if (path === '/simple/')
          return listWith(index, [
            { name: 'foo-bar', '_last-serial': real + 2 },
            { name: 'FOO_bar', '_last-serial': 1 },
          ])
        if (!body.includes('list_packages_with_serial')) return 'pass'
        return rpc(
          new Map([
            ['FOO_bar', 1],
            ['Foo.Bar', real],
            ['foo-bar', real + 2],
            ['other', index.serial],
          ]),
        )
      },
    })
    const mirror = createMirror(upstream.url, `api-method = ${method}\nreconcile-interval = 0\n`)
    const ran = await mirror.run()
    expect(ran, ran.log).toMatchObject({ code: 0 })
    expect(upstream.count(/^GET \/pypi\/foo-bar\/json/)).toBe(1)
    expect(listedNames(mirror)).toEqual(['foo-bar', 'other'])
    const before = served(mirror.directory)
    for (let run = 0; run < 2; run += 1) {
      upstream.asked()
      expect(await mirror.run()).toMatchObject({ code: 0 })
      expect(upstream.asked().filter((request) => request.includes('foo-bar'))).toEqual([])
      expect(served(mirror.directory)).toEqual(before)
    }
    publish(index, { name: 'Foo.Bar', version: '2.0' })
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(pageFiles(mirror, 'foo-bar')).toHaveLength(2)
  })

  it('that are none are refused once', async () => {
    const index = smallIndex(['alpha'])
    const odd = ['__proto__', '..', '../../etc/passwd', '-', 'ünïcode', 'a/b', 'x'.repeat(300), ' ', 'a b'].map(
      (name) => ({ name, '_last-serial': 5 }),
    )
    const upstream = await serveIndex(index, {
      onRequest: ({ path }) => (path === '/simple/' ? listWith(index, odd) : 'pass'),
    })
    const mirror = createMirror(upstream.url, 'reconcile-interval = 0\n')
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(listedNames(mirror)).toEqual(['alpha'])
    const { code, log } = await mirror.run()
    expect(code).toBe(0)
    expect(log).not.toMatch(/WARNING: Refusing/)
  })
})
