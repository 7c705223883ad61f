import { createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { errorText } from '../../src/errors.js'
import { listen } from '../helpers/faulty-upstream.js'
import { createAuthority, serveTcp, serveTls } from './servers.js'
import { failureOf, testClient } from './support.js'

const MAX = { maxBytes: 1000 }

describe('TLS', () => {
  it('trusts the authority given', async () => {
    const authority = createAuthority()
    const { url } = await serveTls(authority, (req, res) => res.end(`over TLS: ${req.url}`))
    const http = testClient({ ca: authority.ca, allowNonHttps: false })
    expect((await http.get(`${url}/a`, MAX)).body.toString()).toBe('over TLS: /a')
    expect((await http.fetchFile(`${url}/b`, { size: 12, ...MAX })).toString()).toBe('over TLS: /b')
  })

  it('trusts nobody else, and does not try again', async () => {
    const { url } = await serveTls(createAuthority(), (_, res) => res.end('x'))
    for (const ca of [undefined, createAuthority().ca]) {
      const http = testClient({ ca })
      const error = await failureOf(http.get(url, MAX))
      expect(error.kind).toBe('connect')
      expect(error.message).toMatch(/certificate/)
      expect(http.counts.retries).toBe(0)
    }
  })

  it('wants the certificate to be for the host', async () => {
    const authority = createAuthority()
    const { url } = await serveTls(authority, (_, res) => res.end('x'), 'DNS:example.org')
    const http = testClient({ ca: authority.ca })
    const error = await failureOf(http.get(url, MAX))
    expect(error).toMatchObject({ kind: 'connect' })
    expect(error.message).toContain('localhost')
    expect(http.counts.retries).toBe(0)
  })

  it('resumes the session for a connection that is opened later', async () => {
    const authority = createAuthority()
    const resumed: boolean[] = []
    const { url } = await serveTls(authority, (req, res) => {
      resumed.push((req.socket as TLSSocket).isSessionReused())
      res.writeHead(200, { connection: 'close' })
      res.end('x')
    })
    const http = testClient({ ca: authority.ca })
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    for (let at = 0; at < 4; at += 1) {
      await http.get(`${url}/${at}`, MAX)
      await new Promise((resolve) => setTimeout(resolve, 20))
      collectGarbage()
    }
    expect(resumed).toEqual([false, true, true, true])
  })

  it('is not left by a redirect', async () => {
    const authority = createAuthority()
    const { url } = await serveTls(authority, (_, res) => {
      res.writeHead(302, { location: 'http://127.0.0.1:1/plain' })
      res.end()
    })
    const error = await failureOf(testClient({ ca: authority.ca }).fetchFile(url, { size: undefined, ...MAX }))
    expect(error).toMatchObject({
      kind: 'refused',
      message: `${url}/: redirect from https to http://127.0.0.1:1/plain`,
    })
  })

  it('fails in time when the handshake stalls, and with sense when the server speaks plain http', async () => {
    const stalled = await serveTcp(() => undefined)
    const http = testClient({ timeout: 0.3, retries: 0 })
    expect(await failureOf(http.get(`https://localhost:${stalled.port}`, MAX))).toMatchObject({ kind: 'timeout' })
    const plain = await serveTcp((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const error = await failureOf(http.get(`https://localhost:${plain.port}`, MAX))
    expect(error).toMatchObject({ kind: 'connect' })
    expect(errorText(error)).toMatch(
      /localhost:\d+\/: there is no https on this port; .* the URL begins with http:\/\/$/,
    )
  })

  it('speaks HTTP/1.1 to a server that prefers HTTP/2', async () => {
    const authority = createAuthority()
    const offered: (string | false | null)[] = []
    const server = createServer(
      { ...authority.issue('DNS:localhost'), ALPNProtocols: ['h2', 'http/1.1'] },
      (socket) => {
        offered.push(socket.alpnProtocol)
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
      },
    )
    const port = await listen(server)
    expect((await testClient({ ca: authority.ca }).get(`https://localhost:${port}`, MAX)).body.toString()).toBe('ok')
    expect(offered).toEqual(['http/1.1'])
    server.close()
  })
})

describe('the end', () => {
  it('leaves nothing open that would keep the process, connecting or connected', async () => {
    const stalled = await serveTcp(() => undefined)
    const open = (): number =>
      process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout|Zlib/.test(name)).length
    const before = open()
    const http = testClient({ timeout: 60, globalTimeout: 600, maxRequests: 3 })
    const urls = [`http://127.0.0.1:${stalled.port}`, `https://127.0.0.1:${stalled.port}`]
    const asked = urls.map((url) => http.get(url, MAX).catch((error: unknown) => error))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(open()).toBeGreaterThan(before)
    const reason = new Error('over')
    http.abort(reason)
    await http.close()
    expect(await Promise.all(asked)).toEqual([reason, reason])
    await expect.poll(open).toBeLessThanOrEqual(before)
  })
})
