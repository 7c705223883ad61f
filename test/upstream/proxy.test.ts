import { connect } from 'node:net'
import { createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { ConfigError, errorText } from '../../src/errors.js'
import { parseProxy } from '../../src/upstream/http/proxy.js'
import { listen } from '../helpers/faulty-upstream.js'
import { createAuthority, serveTcp, serveTls, startMicrosocks, startSocks4, startTinyproxy } from './servers.js'
import { failureOf, serve, testClient } from './support.js'
import type { TestClient } from './support.js'

const MAX = { maxBytes: 1000 }

/** Asks an http and an https server by way of the proxy. */
async function reach(proxy: string): Promise<TestClient> {
  const authority = createAuthority()
  const plain = await serve((req, res) =>
    res.end(`${req.method} ${req.url} ${req.headers.host} ${JSON.stringify(req.rawHeaders)}`),
  )
  const secure = await serveTls(authority, (req, res) => res.end(`secure ${req.url}`))
  const http = testClient({ proxy, ca: authority.ca })
  for (let i = 0; i < 3; i += 1) {
    const first = (await http.get(`http://localhost:${plain.port}/a?b=${i}`, MAX)).body.toString()
    expect(first).toContain(`GET /a?b=${i} localhost:${plain.port} `)
    expect(first.toLowerCase()).not.toContain('proxy-authorization')
    expect((await http.get(`${secure.url}/c`, MAX)).body.toString()).toBe('secure /c')
  }
  return http
}

describe('parseProxy', () => {
  it.each([
    ['http://proxy.example', { kind: 'http', host: 'proxy.example', port: 80, username: '', password: '' }],
    ['https://proxy.example', { kind: 'https', port: 443 }],
    ['http://us%40er:p%3Ass@10.0.0.1:3128/', { host: '10.0.0.1', port: 3128, username: 'us@er', password: 'p:ss' }],
    ['http://user:100%@[::1]:1', { host: '::1', password: '100%' }],
    ['socks4://p', { kind: 'socks4', port: 1080 }],
    ['SOCKS5://p:9', { kind: 'socks5', port: 9 }],
    ['socks5h://p', { kind: 'socks5h' }],
  ])('reads %s', (text, expected) => {
    expect(parseProxy(text)).toMatchObject(expected)
  })

  it.each(['proxy.example:3128', 'ftp://user:secret@p', 'user:secret@proxy', '', 'http://'])('refuses %j', (text) => {
    expect(() => parseProxy(text)).toThrow(ConfigError)
    expect(() => parseProxy(text)).not.toThrow(/secret/)
  })
})

describe('an HTTP proxy', () => {
  it('is used for http and https', async () => {
    await reach(`http://127.0.0.1:${await startTinyproxy()}`)
  })

  it('gets credentials', async () => {
    await reach(`http://user:sesame@127.0.0.1:${await startTinyproxy('user sesame')}`)
  })

  it('that refuses the credentials is an error without them, at once', async () => {
    const authority = createAuthority()
    const { url } = await serveTls(authority, (_, res) => res.end('x'))
    const port = await startTinyproxy('user right')
    const http = testClient({ proxy: `http://user:sesame@127.0.0.1:${port}`, ca: authority.ca })
    const tunnel = await failureOf(http.get(url, MAX))
    expect(tunnel).toMatchObject({ kind: 'connect' })
    expect(tunnel.message).toMatch(/proxy 127\.0\.0\.1:\d+ answered CONNECT localhost:\d+ with HTTP status 40[17]/)
    const forwarded = await failureOf(http.get('http://localhost:1/x', MAX))
    expect(forwarded).toMatchObject({ kind: 'status' })
    expect(errorText(tunnel) + errorText(forwarded)).not.toContain('sesame')
    expect(http.counts.retries).toBe(0)
  })

  it('gets its own credentials, and in the request line not those of the upstream', async () => {
    let request = ''
    const proxy = await serveTcp((socket) =>
      socket.once('data', (data) => {
        request = data.toString()
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      }),
    )
    const http = testClient({ proxy: `http://us%2Fer:p%C3%A9@127.0.0.1:${proxy.port}` })
    expect((await http.get('http://user:pw@upstream.example:8080/a?b', MAX)).body.toString()).toBe('ok')
    expect(request).toMatch(/^GET http:\/\/upstream\.example:8080\/a\?b HTTP\/1\.1\r\n/)
    expect(request).toContain(`\r\nproxy-authorization: Basic ${Buffer.from('us/er:pé').toString('base64')}\r\n`)
    expect(request).toContain(`\r\nauthorization: Basic ${Buffer.from('user:pw').toString('base64')}\r\n`)
    expect(request).toMatch(/\r\nhost: upstream\.example:8080\r\n/i)
  })

  it('spoken to over TLS is used for http and https', async () => {
    const authority = createAuthority()
    const backend = await startTinyproxy()
    // tinyproxy has no TLS of its own.
    const front = createServer(authority.issue('DNS:localhost'), (socket) => {
      const onward = connect(backend, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
      socket.pipe(onward).pipe(socket)
    })
    const port = await listen(front)
    const plain = await serve((_, res) => res.end('plain'))
    const secure = await serveTls(authority, (_, res) => res.end('secure'))
    const http = testClient({ proxy: `https://localhost:${port}`, ca: authority.ca })
    expect((await http.get(`http://localhost:${plain.port}`, MAX)).body.toString()).toBe('plain')
    expect((await http.get(secure.url, MAX)).body.toString()).toBe('secure')
    http.abort(new Error('done'))
    front.close()
  })

  it.each([
    ['hangs up', (end: (text: string) => void) => end('')],
    ['answers nonsense', (end: (text: string) => void) => end('what?\r\n\r\n')],
    ['cannot reach the server', (end: (text: string) => void) => end('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n')],
    ['says nothing', () => undefined],
  ])('that %s is asked again, but not more often than that', async (_, play) => {
    let dialled = 0
    const proxy = await serveTcp((socket) => {
      dialled += 1
      socket.once('data', () => play((text) => socket.end(text)))
    })
    const http = testClient({ proxy: `http://127.0.0.1:${proxy.port}`, timeout: 0.3, retries: 2 })
    const error = await failureOf(http.get('https://upstream.example/', MAX))
    expect(['connect', 'timeout']).toContain(error.kind)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(dialled).toBe(3)
  })
})

describe('a SOCKS proxy', () => {
  it.each(['socks5', 'socks5h', 'socks'])('is used as %s', async (scheme) => {
    await reach(`${scheme}://127.0.0.1:${await startMicrosocks()}`)
  })

  it('gets credentials (SOCKS 5)', async () => {
    const port = await startMicrosocks('-u', 'us@er', '-P', 'pass:word')
    await reach(`socks5://us%40er:pass%3Aword@127.0.0.1:${port}`)
    const http = testClient({ proxy: `socks5://us%40er:sesame@127.0.0.1:${port}`, retries: 1 })
    const error = await failureOf(http.get('http://localhost:1/', MAX))
    expect(error).toMatchObject({ kind: 'connect' })
    expect(error.message).toContain(`proxy 127.0.0.1:${port}`)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + errorText(error)).not.toContain('sesame')
  })

  it('is used as SOCKS 4 with addresses and 4a with names', async () => {
    const asked: string[] = []
    const port = await startSocks4(asked)
    await reach(`socks4://some%20one@127.0.0.1:${port}`)
    expect(asked[0]).toMatch(/^some one 127\.0\.0\.1 \d+$/)
    asked.length = 0
    await reach(`socks4a://127.0.0.1:${port}`)
    expect(asked[0]).toMatch(/^ localhost \d+$/)
  })

  it('that cannot reach the server is an error', async () => {
    for (const proxy of [
      `socks5://127.0.0.1:${await startMicrosocks()}`,
      `socks4a://127.0.0.1:${await startSocks4([])}`,
    ]) {
      const http = testClient({ proxy, retries: 1 })
      expect(await failureOf(http.get('http://127.0.0.1:1/', MAX))).toMatchObject({ kind: 'connect' })
      expect(http.counts.retries).toBe(1)
    }
  })

  it('that says nothing is given up in time', async () => {
    const silent = await serveTcp(() => undefined)
    for (const scheme of ['socks4', 'socks5']) {
      const http = testClient({ proxy: `${scheme}://127.0.0.1:${silent.port}`, timeout: 0.3, retries: 0 })
      expect(['connect', 'timeout']).toContain((await failureOf(http.get('http://127.0.0.1:1/', MAX))).kind)
    }
  })
})

it.each(['http', 'https', 'socks4', 'socks5'])(
  'a %s proxy that is not there is an error that names it',
  async (scheme) => {
    const http = testClient({ proxy: `${scheme}://user:secret@127.0.0.1:1`, retries: 0 })
    for (const url of ['http://127.0.0.1:9/', 'https://127.0.0.1:9/']) {
      const error = await failureOf(http.get(url, MAX))
      expect(error.kind).toBe('connect')
      expect(errorText(error)).toContain('127.0.0.1:1')
      expect(errorText(error)).not.toContain('secret')
    }
  },
)
