import { describe, expect, it } from 'vitest'
import { serveTcp } from './servers.js'
import { failureOf, testClient } from './support.js'

const MAX = { maxBytes: 1_000_000 }

describe('connections', () => {
  it('refused are errors that say so', async () => {
    const http = testClient({ retries: 1 })
    const error = await failureOf(http.get('http://127.0.0.1:1/x', MAX))
    expect(error).toMatchObject({ kind: 'connect', message: 'http://127.0.0.1:1/x: connection refused' })
    expect(http.counts.retries).toBe(1)
    expect(http.log.lines[0]).toBe('http://127.0.0.1:1/x: connection refused; trying again in 0.5 s')
  })

  it('to unknown hosts are errors that say so', async () => {
    const error = await failureOf(testClient({ retries: 0 }).get('http://no-such-host.invalid/x', MAX))
    expect(error.kind).toBe('connect')
    expect(error.message).toMatch(/host name/)
  })

  it.each([
    ['that are closed without a word', ''],
    ['that speak something else', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    [
      'with length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ],
    [
      'with endless headers',
      `HTTP/1.1 200 OK\r\n${'X-Y: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(4000)}`,
    ],
    ['with a chunk of no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n'],
  ])('%s are errors', async (_, bytes) => {
    const { port } = await serveTcp((socket) => {
      socket.once('data', () => socket.end(bytes))
    })
    const error = await failureOf(testClient({ retries: 1 }).get(`http://127.0.0.1:${port}/`, MAX))
    expect(['connect', 'content']).toContain(error.kind)
  })

  it('answering a first request with two are not mixed up', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n'
    const { port } = await serveTcp((socket) => {
      socket.on('data', (data) =>
        socket.write(`${answer}${data.toString().startsWith('GET /a') ? 'a' : 'b'}${answer}X`),
      )
    })
    const http = testClient({ maxRequests: 1 })
    for (const path of ['a', 'b', 'a', 'b']) {
      expect((await http.get(`http://127.0.0.1:${port}/${path}`, MAX)).body.toString()).toBe(path)
    }
  })
})
