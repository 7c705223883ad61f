import { describe, expect, it } from 'vitest'
import { createUpstream } from '../../src/upstream/index.js'
import type { Upstream } from '../../src/upstream/types.js'
import type { RpcValue } from '../../src/upstream/rpc-value.js'
import { XmlRpcFault } from '../../src/upstream/xmlrpc.js'
import { HEAD, fault, success, xml } from './rpc-text.js'
import { failureOf, recorder, serve, testClient } from './support.js'
import type { Recorder, TestClient } from './support.js'

interface Scene {
  readonly upstream: Upstream
  readonly http: TestClient
  readonly log: Recorder
  readonly asked: string[]
}

/** @param answer gives the body for a method and its argument, or a status */
async function scene(answer: (method: string, argument: number) => string | number, type = 'text/xml'): Promise<Scene> {
  const asked: string[] = []
  const { url } = await serve((req, res) => {
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      const method = /<methodName>(\w+)</.exec(body)?.[1] ?? ''
      const argument = Number(/<int>(\d+)</.exec(body)?.[1] ?? -1)
      asked.push(`${req.method} ${req.url} ${req.headers['content-type']} ${method} ${argument}`)
      const given = answer(method, argument)
      res.writeHead(typeof given === 'number' ? given : 200, { 'content-type': type })
      res.end(typeof given === 'number' ? 'no' : given)
    })
  })
  const log = recorder()
  const http = testClient({ retries: 2 })
  return { upstream: createUpstream(http, { master: url, log }), http, log, asked }
}

describe('the changelog', () => {
  it('gives the last serial', async () => {
    const { upstream, asked } = await scene(() => success(1234567))
    expect(await upstream.lastSerial()).toBe(1234567)
    expect(asked).toEqual(['POST /pypi text/xml changelog_last_serial -1'])
  })

  it('gives the latest serial of each project, page by page', async () => {
    const rows = Array.from({ length: 25 }, (_, i) => [`p${i % 7}`, i % 2 === 0 ? null : '1.0', 0, 'create', 101 + i])
    const { upstream, asked } = await scene((_, after) =>
      success(rows.filter((row) => Number(row[4]) > after).slice(0, 10)),
    )
    const changes = await upstream.changesSince(100)
    expect(changes).toEqual({
      serial: 125,
      removed: new Set(),
      projects: new Map([
        ['p0', 122],
        ['p1', 123],
        ['p2', 124],
        ['p3', 125],
        ['p4', 119],
        ['p5', 120],
        ['p6', 121],
      ]),
    })
    expect(asked.map((line) => line.split(' ').at(-1))).toEqual(['100', '110', '120', '125'])
  })

  it('says nothing when nothing changed', async () => {
    const { upstream } = await scene(() => success([]))
    expect(await upstream.changesSince(5)).toEqual({ serial: 5, projects: new Map(), removed: new Set() })
  })

  it.each([
    ['remove project', true],
    ['remove', true],
    ['project quarantined', true],
    ['remove release', false],
    ['remove file a-1.tar.gz', false],
    ['remove Owner someone', false],
    ['project quarantine cleared', false],
  ])('notices whether "%s" takes a project off the list', async (action, removes) => {
    const { upstream } = await scene((_, after) => success(after < 9 ? [['a', null, 0, action, 9]] : []))
    expect(await upstream.changesSince(5)).toMatchObject({ removed: new Set(removes ? ['a'] : []) })
  })

  it('goes no further than it is told to', async () => {
    const { upstream, asked } = await scene((_, after) => success([['a', null, 0, 'create', after + 1]]))
    expect(await upstream.changesSince(5, 7)).toMatchObject({ serial: 7 })
    expect(asked).toHaveLength(2)
  })

  it('ends when a server repeats itself', async () => {
    const { upstream, asked } = await scene(() =>
      success([
        ['a', null, 0, 'create', 9],
        ['b', null, 0, 'create', 3],
      ]),
    )
    expect(await upstream.changesSince(5)).toMatchObject({ serial: 9, projects: new Map([['a', 9]]) })
    expect(asked).toHaveLength(2)
  })

  it('leaves out rows that are none, with one warning', async () => {
    const rows: RpcValue[] = [
      ['good', null, 0, 'create', 10],
      [null, null, 0, 'x', 11],
      ['', null, 0, 'x', 50],
      ['text', null, 0, 'x', '60'],
      ['minus', null, 0, 'x', -1],
      ['short'],
      [],
      'row',
      7,
      null,
      new Map([['name', 'a']]),
      [['list'], null, 0, 'x', 70],
      ['nil', null, 0, 'x', null],
    ]
    const { upstream, log } = await scene((_, after) => success(after < 11 ? rows : []))
    expect(await upstream.changesSince(5)).toEqual({
      serial: 11,
      projects: new Map([['good', 10]]),
      removed: new Set(),
    })
    expect(log.lines).toEqual(['changelog_since_serial: skipping 11 malformed rows'])
  })

  it('can give the whole list', async () => {
    const { upstream, log } = await scene(() =>
      success(
        new Map<string, RpcValue>([
          ['A_b', 5],
          ['__proto__', 6],
          ['bad', 'x'],
          ['', 7],
        ]),
      ),
    )
    expect(await upstream.listByRpc()).toEqual({
      serial: undefined,
      hasSerials: true,
      etag: undefined,
      projects: new Map([
        ['A_b', 5],
        ['__proto__', 6],
      ]),
      unreadable: new Set(['bad', '']),
    })
    expect(log.lines).toEqual(['list_packages_with_serial: skipping 2 entries without a name and serial'])
  })
})

describe('XML-RPC that is not offered', () => {
  it.each([301, 302, 400, 404, 405, 410, 415, 501])('by status %i', async (status) => {
    const { upstream, asked } = await scene(() => status)
    expect(await upstream.lastSerial()).toBe('not-offered')
    expect(await upstream.changesSince(1)).toBe('not-offered')
    expect(await upstream.listByRpc()).toBe('not-offered')
    expect(asked).toHaveLength(3)
  })

  it.each(['<!doctype html><title>PyPI</title>', '{"message": "hello"}', '', fault(-32601, 'method not found')])(
    'by %j',
    async (body) => {
      const { upstream } = await scene(() => body, 'text/html')
      expect(await upstream.changesSince(1)).toBe('not-offered')
    },
  )
})

describe('XML-RPC errors', () => {
  it('are faults with their code, at once', async () => {
    const { upstream, asked } = await scene(() => fault(-32500, 'RuntimeError: the API is disabled & closed'))
    const error = await failureOf(upstream.lastSerial())
    expect(error).toBeInstanceOf(XmlRpcFault)
    expect(error).toMatchObject({
      faultCode: -32500,
      message: `${upstream.url}/pypi: XML-RPC fault: RuntimeError: the API is disabled & closed`,
    })
    expect(asked).toHaveLength(1)
  })

  it('of the rate limit are waited for', async () => {
    let times = 0
    const text =
      'HTTPTooManyRequests: The action could not be performed because there were too many requests. Limit may reset in 17 seconds.'
    const { upstream, http } = await scene(() => ((times += 1) < 3 ? fault(-32500, text) : success(5)))
    expect(await upstream.lastSerial()).toBe(5)
    expect(http.waits).toEqual([17_000, 17_000])
  })

  it('are tried again when the answer is cut off or the server fails', async () => {
    let times = 0
    const { upstream, http } = await scene(() => [success(5).slice(0, 60), 503, success(6)][times++] ?? 500)
    expect(await upstream.lastSerial()).toBe(6)
    expect(http.counts.retries).toBe(2)
  })

  it('are answers of another shape', async () => {
    const { upstream } = await scene((method) => success(method === 'changelog_since_serial' ? 5 : []))
    expect(await failureOf(upstream.lastSerial())).toMatchObject({ kind: 'content' })
    expect(await failureOf(upstream.changesSince(1))).toMatchObject({ kind: 'content' })
    expect(await failureOf(upstream.listByRpc())).toMatchObject({ kind: 'content' })
  })

  it('are faults even where they are malformed', async () => {
    for (const body of [
      `${HEAD}<fault><value>text</value></fault></methodResponse>`,
      `${HEAD}<fault>${xml(new Map())}</fault></methodResponse>`,
    ]) {
      const { upstream } = await scene(() => body)
      expect(await failureOf(upstream.lastSerial())).toMatchObject({ faultCode: 0 })
    }
  })
})

describe('an index that moved', () => {
  it.each([
    [301, 'https://pypi.org/pypi', 'https://pypi.org'],
    [302, 'https://mirror.example.org/pypi/pypi', 'https://mirror.example.org/pypi'],
  ])('by status %i to %s is said once, as master would name it', async (status, location, master) => {
    const { url } = await serve((_, res) => void res.writeHead(status, { location }).end())
    const log = recorder()
    const upstream = createUpstream(testClient({ retries: 0 }), { master: url, log })
    expect(await upstream.lastSerial()).toBe('not-offered')
    expect(await upstream.listByRpc()).toBe('not-offered')
    expect(log.lines).toEqual([`${url} has moved: set master = ${master}`])
  })

  it.each([307, 308])('by status %i is followed with the question', async (status) => {
    const { url } = await serve((req, res) => {
      if (req.url === '/pypi') return void res.writeHead(status, { location: '/new/pypi' }).end()
      res.writeHead(200, { 'content-type': 'text/xml' }).end(success(req.method === 'POST' ? 77 : 0))
    })
    const log = recorder()
    expect(await createUpstream(testClient(), { master: url, log }).lastSerial()).toBe(77)
    expect(log.lines).toEqual([])
  })
})
