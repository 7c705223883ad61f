import { describe, expect, it } from 'vitest'
import { createUpstream } from '../../src/upstream/index.js'
import type { Upstream } from '../../src/upstream/types.js'
import { failureOf, recorder, serve, testClient } from './support.js'
import type { TestClient } from './support.js'

type Reply = { readonly body: string | Buffer; readonly serial?: string; readonly status?: number }

/** Answers one reply after the other, the last one for ever. */
async function upstreamOf(
  ...replies: readonly Reply[]
): Promise<{ upstream: Upstream; http: TestClient; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = []
  const { url } = await serve((req, res) => {
    const reply = replies[Math.min(asked.length, replies.length - 1)]
    asked.push(req.url)
    if (reply?.serial !== undefined) res.setHeader('X-PyPI-Last-Serial', reply.serial)
    res.statusCode = reply?.status ?? 200
    res.end(reply?.body)
  })
  const http = testClient({ retries: 4 })
  return { upstream: createUpstream(http, { master: url, log: recorder() }), http, asked }
}

const document = (name: string, serial?: unknown): string =>
  JSON.stringify({ info: { name }, last_serial: serial, releases: { '1.0': [] } })

describe('metadata', () => {
  it('comes as text and as JSON', async () => {
    const body = '{"info": {"name": "Foo_Bar"},  "x": "\\u00e9é", "last_serial": 7}'
    const { upstream, asked } = await upstreamOf({ body, serial: '7' })
    const answer = await upstream.metadata('Foo.Bar', 7)
    expect(answer).toEqual({ text: body, json: { info: { name: 'Foo_Bar' }, x: 'éé', last_serial: 7 } })
    expect(asked).toEqual(['/pypi/foo-bar/json'])
  })

  it('keeps its path whatever the name', async () => {
    const { upstream, asked } = await upstreamOf({ body: '', status: 404 })
    for (const name of ['../../etc', 'a/b', 'a?b#c', 'é']) expect(await upstream.metadata(name, 0)).toBe('gone')
    expect(asked).toEqual(['/pypi/-%2F-%2Fetc/json', '/pypi/a%2Fb/json', '/pypi/a%3Fb%23c/json', '/pypi/%C3%A9/json'])
  })

  it('is gone with 404 and an error with other statuses', async () => {
    const { upstream } = await upstreamOf({ body: 'x', status: 404 }, { body: 'x', status: 403 })
    expect(await upstream.metadata('a', 5)).toBe('gone')
    expect(await failureOf(upstream.metadata('a', 5))).toMatchObject({ kind: 'status', status: 403 })
  })

  it('is asked for again after one and two seconds while it is stale', async () => {
    const old = { body: document('a', 4), serial: '4' }
    const { upstream, http } = await upstreamOf(old, old, { body: document('a', 5), serial: '5' })
    expect(await upstream.metadata('a', 5)).toMatchObject({ json: { last_serial: 5 } })
    expect(http.waits).toEqual([1000, 2000])
  })

  it('is given up when it stays stale', async () => {
    const { upstream, http, asked } = await upstreamOf({ body: document('a', 9), serial: '4' })
    const error = await failureOf(upstream.metadata('a', 5))
    expect(error).toMatchObject({ kind: 'stale', message: `${upstream.url}/pypi/a/json: serial 4 is older than 5` })
    expect(http.waits).toEqual([1000, 2000])
    expect(asked).toHaveLength(3)
  })

  it.each([
    ['the header', { body: document('a', 1), serial: '5' }, true],
    ['the body where there is no header', { body: document('a', 5) }, true],
    ['an old body where there is no header', { body: document('a', 4) }, false],
    ['the body where the header is none', { body: document('a', 5), serial: 'soon' }, true],
    ['nothing', { body: document('a') }, false],
    ['nonsense', { body: document('a', { x: 1 }) }, false],
  ])('takes its serial from %s', async (_, reply, good) => {
    const { upstream } = await upstreamOf(reply)
    if (good) expect(await upstream.metadata('a', 5)).toMatchObject({ json: { info: { name: 'a' } } })
    else expect(await failureOf(upstream.metadata('a', 5))).toMatchObject({ kind: 'stale' })
    expect(await upstream.metadata('a', 0)).toMatchObject({ json: { info: { name: 'a' } } })
  })

  it.each([
    ['HTML', '<!doctype html>', 'HTML or XML instead of JSON'],
    ['cut off', '{"info": {"name": "a"}', 'not JSON'],
    ['empty', '', 'not JSON'],
    ['an array', '[]', 'not a JSON object'],
    ['without info', '{"last_serial":5}', 'no "info" with a "name"'],
    ['with an inherited info', '{"last_serial":5,"__proto__":{"info":{"name":"a"}}}', 'no "info" with a "name"'],
    ['of another project', document('b', 5), 'the metadata of another project'],
    ['in broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'not JSON'],
    ['with a byte order mark', '\ufeff{}', 'not JSON'],
    ['nested without end', '['.repeat(1_000_000), 'not JSON'],
  ])('%s is an error, after more attempts', async (_, body, what) => {
    const { upstream, asked } = await upstreamOf({ body, serial: '5' })
    const error = await failureOf(upstream.metadata('a', 5))
    expect(error).toMatchObject({ kind: 'content', message: `${upstream.url}/pypi/a/json: ${what}` })
    expect(asked).toHaveLength(5)
  })
})
