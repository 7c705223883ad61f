import { describe, expect, it } from 'vitest'
import { failureOf, serve, testClient } from './support.js'

const MAX = { maxBytes: 1_000_000 }

describe('the gate', () => {
  it('lets no more requests out than there are workers', async () => {
    let now = 0
    let most = 0
    const { url } = await serve((_, res) => {
      most = Math.max(most, (now += 1))
      setTimeout(() => {
        now -= 1
        res.end('x')
      }, 5)
    })
    const http = testClient({ maxRequests: 3 })
    await Promise.all(Array.from({ length: 30 }, (_, i) => http.get(`${url}/${i}`, MAX)))
    expect(most).toBe(3)
  })

  it('is left while a request waits for its next attempt', async () => {
    const { url } = await serve((req, res) => {
      if (req.url === '/busy') res.writeHead(500)
      res.end('x')
    })
    const http = testClient({
      maxRequests: 1,
      globalTimeout: 1000,
      sleep: (_, signal) =>
        new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('woken')))),
    })
    const busy = http.get(`${url}/busy`, MAX)
    expect((await http.get(`${url}/free`, MAX)).status).toBe(200)
    http.abort(new Error('stop'))
    await expect(busy).rejects.toThrow('stop')
  })
})

describe('the global timeout', () => {
  it('holds for all attempts of a call together', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(500)
      res.end()
    })
    const http = testClient({ globalTimeout: 3 })
    await failureOf(http.get(url, MAX))
    // The third wait, of two seconds, would be too long.
    expect(http.waits).toEqual([500, 1000])
  })
})

describe('the end', () => {
  it('comes at once for everything under way when aborted', async () => {
    const { url, server } = await serve((req, res) => {
      if (req.url !== '/headers') res.write('x')
    })
    const http = testClient({ maxRequests: 2 })
    const under = ['/headers', '/body', '/queued'].map((path) => http.get(url + path, MAX))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const reason = new Error('interrupted')
    http.abort(reason)
    for (const promise of under) await expect(promise).rejects.toBe(reason)
    expect(http.counts.requests).toBe(2)
    await expect(http.get(url, MAX)).rejects.toBe(reason)
    await http.close()
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
  })

  it('closes idle connections', async () => {
    const { url, server } = await serve((_, res) => res.end('x'))
    const http = testClient()
    await http.get(url, MAX)
    await http.close()
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
    await expect(http.get(url, MAX)).rejects.toThrow('closed')
  })
})

describe('messages', () => {
  it('have no credentials and no query', async () => {
    const { port } = await serve((_, res) => {
      res.statusCode = 403
      res.end()
    })
    const error = await failureOf(testClient().get(`http://user:secret@127.0.0.1:${port}/a?token=secret`, MAX))
    expect(error.message).toBe(
      `http://127.0.0.1:${port}/a: HTTP status 403 (access is refused: by a firewall or proxy on the way, or because a password is needed)`,
    )
  })

  it('say what is no URL', async () => {
    const http = testClient()
    expect((await failureOf(http.get('http://us er:secret@[x/', MAX))).message).not.toContain('secret')
    expect(await failureOf(http.get('/simple/', MAX))).toMatchObject({ kind: 'refused' })
  })
})
