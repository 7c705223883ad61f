import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { errorText } from '../../src/errors.js'
import { createUpstream } from '../../src/upstream/index.js'
import type { Upstream } from '../../src/upstream/types.js'
import { failureOf, faulty, recorder, serve, testClient } from './support.js'
import type { Recorder } from './support.js'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'

async function upstreamOf(
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': JSON_TYPE },
  status = 200,
): Promise<{ upstream: Upstream; log: Recorder; asked: string[] }> {
  const asked: string[] = []
  const { url } = await serve((req, res) => {
    asked.push(`${req.method} ${req.url} ${req.headers.accept}`)
    res.writeHead(status, headers)
    res.end(body)
  })
  const log = recorder()
  return { upstream: createUpstream(testClient({ retries: 1 }), { master: `${url}/`, log }), log, asked }
}

async function listOf(upstream: Upstream): Promise<object> {
  const list = await upstream.list()
  if (list === 'unchanged') throw new Error('there is no list to be the same as')
  expect(list.projects.size).toBe([...list.projects].length)
  return { ...list, projects: [...list.projects] }
}

describe('the list of projects', () => {
  it('has names as spelled with their serials', async () => {
    const list = {
      meta: { 'api-version': '1.4', '_last-serial': 99 },
      projects: [
        { name: 'Foo_Bar', '_last-serial': 7 },
        { '_last-serial': 0, name: '2048' },
        { name: '__proto__', '_last-serial': 3, 'project-status': { status: 'active' } },
      ],
    }
    const { upstream, log, asked } = await upstreamOf(JSON.stringify(list), { 'content-type': JSON_TYPE, etag: '"e"' })
    expect(await listOf(upstream)).toEqual({
      serial: 99,
      hasSerials: true,
      etag: '"e"',
      projects: [
        ['Foo_Bar', 7],
        ['2048', 0],
        ['__proto__', 3],
      ],
    })
    expect(log.lines).toEqual([])
    expect(asked).toEqual([`GET /simple/ ${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`])
  })

  it('takes its serial from the header when it has none', async () => {
    const { upstream } = await upstreamOf('{"projects":[{"name":"a","_last-serial":1}]}', {
      'x-pypi-last-serial': '12',
    })
    expect(await upstream.list()).toMatchObject({ serial: 12 })
  })

  it('without an ETag is known again by its bytes', async () => {
    const body = '{"projects":[{"name":"a","_last-serial":1}]}'
    const { upstream } = await upstreamOf(body)
    const list = await upstream.list()
    expect(list).toMatchObject({ etag: `sha256:${hash('sha256', body)}` })
    if (list === 'unchanged') throw new Error('unchanged')
    expect(await upstream.list(list.etag)).toBe('unchanged')
    expect(await upstream.list('sha256:other')).toMatchObject({ etag: list.etag })
  })

  it('leaves out entries without a name or serial, with one warning', async () => {
    const { upstream, log } = await upstreamOf(`{"projects": [
      {"name":"good","_last-serial":5}, {"name":"none"}, {"_last-serial":5}, {"name":"text","_last-serial":"5"},
      {"name":"minus","_last-serial":-1}, {"name":"huge","_last-serial":9007199254740993}, {"name":"float","_last-serial":1.5},
      {"name":"list","_last-serial":[5]}, {"name":"null","_last-serial":null}, {"name":"true","_last-serial":true},
      {"name":null,"_last-serial":5}, {"name":7,"_last-serial":5}, {"name":"","_last-serial":5}, {"name":"e","_last-serial":1e400},
      null, 5, "x", [], {}
    ]}`)
    expect(await listOf(upstream)).toMatchObject({ projects: [['good', 5]] })
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatch(/skipping 18 entries/)
  })

  it.each([
    ['', 'master must be the address of an index, without /simple/ at its end'],
    ['/root/simple', 'set master = URL/root'],
  ])('that is not at %j says what master must be', async (path, advice) => {
    const { url } = await serve((_, res) => void res.writeHead(404).end())
    const upstream = createUpstream(testClient(), { master: `${url}${path}`, log: recorder() })
    const error = await failureOf(upstream.list())
    expect(error).toMatchObject({ kind: 'status', status: 404 })
    expect(errorText(error).replaceAll(url, 'URL')).toBe(
      `URL${path}/simple/: HTTP status 404: there is no list of projects here; ${advice}`,
    )
  })

  it('may have no serials at all', async () => {
    const { upstream } = await upstreamOf('{"meta":{"api-version":"1.0"},"projects":[{"name":"a"},{"name":"B"},{}]}')
    expect(await listOf(upstream)).toMatchObject({
      hasSerials: false,
      serial: undefined,
      projects: [
        ['a', 0],
        ['B', 0],
      ],
    })
  })

  it.each([
    [
      '<!doctype html><title>x</title><a href="/login">Sign in</a>',
      'HTML that is not a list of projects: the page of a login, of a proxy or of another site. Is master right?',
    ],
    ['[]', 'not a JSON object'],
    ['{"projects":[]}', 'the list of projects is empty'],
    ['{"projects":[{"name":"a","_last-serial":"5"},{}]}', 'none of 2 projects has a name and a serial'],
    ['{"projects":[{"name":"a","_last-serial":1}', 'the list of projects is cut off'],
    ['{}', 'no list of projects'],
    ['', 'not a valid JSON list of projects'],
  ])('is an error for %j', async (body, what) => {
    const { upstream, asked } = await upstreamOf(body)
    const error = await failureOf(upstream.list())
    expect(error).toMatchObject({ kind: 'content', message: `${upstream.url}/simple/: ${what}` })
    expect(asked).toHaveLength(2)
  })

  it('is not fetched again while its ETag holds', async () => {
    const { url } = await serve((req, res) => {
      if (req.headers['if-none-match'] === 'W/"1"') res.writeHead(304, { etag: 'W/"1"' })
      else res.writeHead(200, { etag: 'W/"1"' })
      res.end(res.statusCode === 304 ? undefined : '{"projects":[{"name":"a","_last-serial":1}]}')
    })
    const upstream = createUpstream(testClient(), { master: url, log: recorder() })
    expect(await upstream.list('W/"0"')).toMatchObject({ etag: 'W/"1"' })
    expect(await upstream.list('W/"1"')).toBe('unchanged')
  })

  it('starts anew after a break', async () => {
    const many = Array.from({ length: 50_000 }, (_, i) => ({ name: `project-${i}`, '_last-serial': i }))
    const body = gzipSync(JSON.stringify({ projects: many }))
    const upstream = await faulty((_, res) => {
      res.writeHead(200, { 'content-encoding': 'gzip' })
      res.end(body)
    }, 'close-body')
    const list = await listOf(createUpstream(testClient(), { master: upstream.url, log: recorder() }))
    expect(list).toMatchObject({ projects: many.map((one) => [one.name, one['_last-serial']]) })
    expect(upstream.stats.get('close-body')).toBe(1)
  })
})

describe('a project page', () => {
  it('comes as JSON with absolute URLs', async () => {
    const page = {
      meta: { '_last-serial': 8 },
      name: 'Foo.Bar',
      files: [{ filename: 'a', url: '../../packages/a' }, { filename: 'b', url: 'https://files.example/b' }, 7],
    }
    const { upstream, asked } = await upstreamOf(JSON.stringify(page))
    const base = upstream.url
    expect(await upstream.projectPage('foo_bar')).toEqual({
      url: `${base}/simple/foo-bar/`,
      serial: 8,
      json: { ...page, files: [{ filename: 'a', url: `${base}/packages/a` }, page.files[1], 7] },
    })
    expect(asked[0]).toMatch(/^GET \/simple\/foo-bar\/ application\/vnd\.pypi\.simple\.v1\+json, /)
  })

  it('comes as HTML in the same shape', async () => {
    const html = '<html><body><a href="a-1.tar.gz#sha256=AB12">a-1.tar.gz</a></body></html><!--SERIAL 44-->'
    for (const type of [
      'text/html; charset=utf-8',
      'application/vnd.pypi.simple.v1+html',
      'application/octet-stream',
    ]) {
      const { upstream } = await upstreamOf(html, { 'content-type': type })
      expect(await upstream.projectPage('a')).toMatchObject({
        serial: 44,
        json: { name: 'a', files: [{ url: `${upstream.url}/simple/a/a-1.tar.gz`, hashes: { sha256: 'ab12' } }] },
      })
    }
  })

  it('is gone with 404', async () => {
    const { upstream } = await upstreamOf('', {}, 404)
    expect(await upstream.projectPage('a')).toBe('gone')
  })

  it.each(['{"name":"b","files":[]}', '{"name":"a"}', '{"files":[]}', '[]', '{', '{"name":"a","files":{}}'])(
    'is an error for %j',
    async (body) => {
      const { upstream } = await upstreamOf(body)
      expect(await failureOf(upstream.projectPage('a'))).toMatchObject({ kind: 'content' })
    },
  )
})

describe('createUpstream', () => {
  it('shows its URL without credentials and uses them', async () => {
    const seen: (string | undefined)[] = []
    const { port } = await serve((req, res) => {
      seen.push(`${req.url} ${req.headers.authorization}`)
      res.end('{"projects":[{"name":"a","_last-serial":1}]}')
    })
    const upstream = createUpstream(testClient(), {
      master: `http://me:secret@127.0.0.1:${port}/root//?x#y`,
      log: recorder(),
    })
    expect(upstream.url).toBe(`http://127.0.0.1:${port}/root`)
    await upstream.list()
    expect(seen).toEqual([`/root/simple/ Basic ${Buffer.from('me:secret').toString('base64')}`])
  })

  it.each(['pypi.org', 'ftp://pypi.org', ''])('refuses %j', (master) => {
    expect(() => createUpstream(testClient(), { master, log: recorder() })).toThrow(/master/)
  })
})
