import { describe, expect, it } from 'vitest'
import { mostRequests } from '../../src/upstream/http/concurrency.js'
import { serve, testClient } from './support.js'

const MAX = { maxBytes: 1_000_000 }

const AUTO_MOST = mostRequests('auto')

interface Counting {
  readonly url: string
  /** the most requests under way at once */
  readonly most: () => number
  readonly connections: () => number
}

/** Answers after some milliseconds; 429 to what comes while so many others are under way. */
async function counting(ms: number, refusedAbove = Infinity): Promise<Counting & { refused: () => number }> {
  let [now, most, refused] = [0, 0, 0]
  const ports = new Set<number | undefined>()
  const { url } = await serve((req, res) => {
    ports.add(req.socket.remotePort)
    now += 1
    most = Math.max(most, now)
    const isRefused = now > refusedAbove
    if (isRefused) refused += 1
    setTimeout(() => {
      now -= 1
      if (isRefused) res.writeHead(429)
      res.end('x')
    }, ms)
  })
  return { url, most: () => most, connections: () => ports.size, refused: () => refused }
}

const real = { now: () => performance.now() }
const ask = (http: ReturnType<typeof testClient>, url: string, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, at) => http.get(`${url}/${at}`, MAX)))

describe('requests under way', () => {
  it('are a fixed number to each host', async () => {
    const [one, other] = [await counting(10), await counting(10)]
    const http = testClient({ maxRequests: 5 })
    await Promise.all([ask(http, one.url, 40), ask(http, other.url, 40)])
    expect([one.most(), other.most()]).toEqual([5, 5])
  })

  it('grow where a distant host answers, and never above the most', async () => {
    const { url, most, connections } = await counting(50)
    const http = testClient({ ...real, maxRequests: 'auto', timeout: 20 })
    await ask(http, url, 1500)
    expect(most()).toBeGreaterThan(20)
    expect(most()).toBeLessThanOrEqual(AUTO_MOST)
    expect(connections()).toBeLessThanOrEqual(AUTO_MOST)
    expect(http.counts).toMatchObject({ requests: 1500, retries: 0 })
  })

  it('open no more connections than are needed', async () => {
    const { url, connections } = await counting(1)
    const http = testClient({ ...real, maxRequests: 'auto' })
    for (let at = 0; at < 50; at += 1) await http.get(`${url}/${at}`, MAX)
    // The next request can be sent in the moment before undici knows that the connection is free.
    expect(connections()).toBeLessThanOrEqual(2)
  })

  it('stay below what a host refuses', async () => {
    const { url, refused } = await counting(40, 20)
    const http = testClient({
      ...real,
      maxRequests: 'auto',
      timeout: 20,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    })
    await ask(http, url, 2000)
    expect(refused()).toBeGreaterThan(0)
    expect(refused()).toBeLessThan(0.02 * 2000)
  })

  it('and pauses heed what another client was told', async () => {
    const { url } = await counting(1)
    const { origin } = new URL(url)
    const refusals: unknown[] = []
    const refusing = await serve((_, res) => res.writeHead(429, { 'retry-after': '7' }).end())
    const other = testClient({ maxRequests: 8, retries: 0, onRefusal: (refusal) => void refusals.push(refusal) })
    await ask(other, refusing.url, 1).catch(() => undefined)
    expect(refusals).toEqual([{ origin: refusing.url, pauseMs: expect.any(Number) as number }])
    const http = testClient({ maxRequests: 8 })
    await ask(http, url, 1)
    http.heed({ origin, pauseMs: 5000 })
    await ask(http, url, 1)
    expect(http.waits.map((ms) => Math.ceil(ms / 1000))).toEqual([5])
  })

  it('are shared with other clients, for all hosts, those to come, too', async () => {
    const [one, other] = [await counting(10), await counting(10)]
    const http = testClient({ maxRequests: 10 })
    await ask(http, one.url, 1)
    http.share(5)
    await Promise.all([ask(http, one.url, 20), ask(http, other.url, 20)])
    expect([one.most(), other.most()]).toEqual([2, 2])
    // One that was open before is closed.
    expect([one.connections(), other.connections()]).toEqual([3, 2])
    expect(http.counts.connections).toBe(5)
  })
})
