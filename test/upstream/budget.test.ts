import { describe, expect, it } from 'vitest'
import { IntegrityError, UpstreamError } from '../../src/errors.js'
import { REQUESTS_PER_URL, RETRIES, RUN_RETRIES, budgetKey, createBudget } from '../../src/upstream/http/budget.js'
import type { Budget } from '../../src/upstream/http/budget.js'
import { askAgain } from '../../src/mirror/run/ask-again.js'
import type { HttpClientOptions } from '../../src/upstream/http/client.js'
import { failureOf, memoryTarget, recorder, sampleBytes, serve, testClient } from './support.js'
import type { TestClient } from './support.js'

const MAX = { maxBytes: 1_000_000 }

/** A server that counts what it is asked for, and answers with these statuses in turn; the last one for ever. */
async function counting(statuses: readonly number[]): Promise<{ url: string; asked: Map<string, number> }> {
  const asked = new Map<string, number>()
  const { url } = await serve((req, res) => {
    const path = req.url ?? ''
    const times = asked.get(path) ?? 0
    asked.set(path, times + 1)
    res.writeHead(statuses[Math.min(times, statuses.length - 1)] ?? 500, { location: '/elsewhere' })
    res.end('x')
  })
  return { url, asked }
}

/** Asks as a run does: each round asks, and asks again after failures that the client takes for final. */
async function askAsARun(http: TestClient, url: string): Promise<UpstreamError> {
  const context = { log: recorder(), signal: new AbortController().signal }
  for (let round = 0; round < 2; round += 1) {
    await failureOf(askAgain(context, 'project', () => http.get(url, MAX)))
  }
  return failureOf(askAgain(context, 'run', () => http.get(url, MAX)))
}

describe('the most requests that one URL costs in a run', () => {
  it('are stated', () => {
    expect({ REQUESTS_PER_URL, RETRIES, RUN_RETRIES }).toEqual({
      REQUESTS_PER_URL: 8,
      RETRIES: 3,
      RUN_RETRIES: { fixed: 1000, share: 0.3 },
    })
  })

  it.each([500, 503, 403, 200])('are bounded where it always answers with status %i', async (status) => {
    const { url, asked } = await counting([status])
    const http = testClient()
    const check = (): void => {
      throw new UpstreamError('content', 'not what was asked for')
    }
    for (let call = 0; call < 20; call += 1) await failureOf(http.get(`${url}/x`, { ...MAX, check }))
    expect(asked).toEqual(new Map([['/x', REQUESTS_PER_URL]]))
  })

  it('are shared by all layers of a run', async () => {
    const { url, asked } = await counting([500])
    const error = await askAsARun(testClient(), `${url}/x`)
    expect(error).toMatchObject({ kind: 'status', status: 500 })
    expect(error.message).toBe(`${url}/x: HTTP status 500 (asked ${REQUESTS_PER_URL} times in this run)`)
    expect(asked.get('/x')).toBe(REQUESTS_PER_URL)
  })

  it('are not waited for once they are spent', async () => {
    const { url } = await counting([500])
    const http = testClient({ requestsPerUrl: 3, retries: 10 })
    const error = await failureOf(http.get(`${url}/x`, MAX))
    expect(error.message).toBe(`${url}/x: HTTP status 500`)
    expect(http.waits).toHaveLength(2)
  })

  it('are counted for connections that break, too', async () => {
    let asked = 0
    const { url } = await serve((req) => {
      asked += 1
      req.socket.destroy()
    })
    const http = testClient()
    for (let call = 0; call < 5; call += 1) {
      expect(await failureOf(http.get(`${url}/x`, MAX))).toMatchObject({ kind: 'connect' })
    }
    expect(asked).toBe(REQUESTS_PER_URL)
  })

  it('are counted for each URL and each body by itself', async () => {
    const { url, asked } = await counting([500])
    const http = testClient({ requestsPerUrl: 2, retries: 0 })
    for (let call = 0; call < 4; call += 1) {
      await failureOf(http.get(`${url}/a`, MAX))
      await failureOf(http.get(`${url}/b`, MAX))
      await failureOf(http.post(`${url}/c`, 'one', { ...MAX, contentType: 'text/xml' }))
      await failureOf(http.post(`${url}/c`, 'two', { ...MAX, contentType: 'text/xml' }))
    }
    expect([...asked]).toEqual([
      ['/a', 2],
      ['/b', 2],
      ['/c', 4],
    ])
  })

  it('do not count answers', async () => {
    const { url, asked } = await counting([500, 200])
    const http = testClient()
    for (let call = 0; call < 20; call += 1) await http.get(`${url}/x`, MAX)
    expect(asked.get('/x')).toBe(21)
    expect(http.counts).toMatchObject({ requests: 21, retries: 1 })
  })

  it('count answers that turn out to be wrong', async () => {
    const { url, asked } = await counting([200])
    const http = testClient({ requestsPerUrl: 3 })
    const wrong = new IntegrityError('x: wrong digest')
    for (let call = 0; call < 3; call += 1) {
      await http.fetchFile(`${url}/x`, { size: undefined, ...MAX })
      http.reportWrong(`${url}/x`, wrong)
    }
    const refused = http.fetchFile(`${url}/x`, { size: undefined, ...MAX })
    await expect(refused).rejects.toThrow(new IntegrityError('x: wrong digest (asked 3 times in this run)'))
    await expect(refused).rejects.toBeInstanceOf(IntegrityError)
    expect(asked.get('/x')).toBe(3)
  })

  it('do not count redirects', async () => {
    const asked: string[] = []
    const { url } = await serve((req, res) => {
      asked.push(req.url ?? '')
      res.writeHead(req.url === '/x' ? 302 : 500, { location: '/y' })
      res.end()
    })
    const http = testClient()
    for (let call = 0; call < 5; call += 1) await failureOf(http.get(`${url}/x`, MAX))
    expect(asked.filter((path) => path === '/x')).toHaveLength(REQUESTS_PER_URL)
    expect(asked.filter((path) => path === '/y')).toHaveLength(REQUESTS_PER_URL)
  })

  const STEP = 2 * 1024 * 1024
  const BIG = sampleBytes(12 * 1024 * 1024)

  /** Sends a part of a large file and breaks off. */
  async function breaking(resumes: boolean): Promise<{ url: string; asked: () => number }> {
    let asked = 0
    const { url } = await serve((req, res) => {
      asked += 1
      const range = resumes ? (/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? '0') : '0'
      const first = Number(range)
      res.setHeader('etag', '"one"')
      res.setHeader('content-length', BIG.length - first)
      if (first > 0) res.writeHead(206, { 'content-range': `bytes ${first}-${BIG.length - 1}/${BIG.length}` })
      res.write(BIG.subarray(first, first + STEP), () => setTimeout(() => res.socket?.end(), 20))
    })
    return { url, asked: () => asked }
  }

  it('do not count resumptions that get further', async () => {
    const { url, asked } = await breaking(true)
    await testClient({ requestsPerUrl: 2, retries: 1 }).download(url, memoryTarget(), { size: BIG.length })
    expect(asked()).toBeGreaterThan(4)
  })

  it('count a server that breaks off again and again and does not resume', async () => {
    const { url, asked } = await breaking(false)
    const http = testClient()
    const target = memoryTarget()
    for (let call = 0; call < 5; call += 1) await failureOf(http.download(url, target, { size: BIG.length }))
    // The first request got further than none.
    expect(asked()).toBeLessThanOrEqual(REQUESTS_PER_URL + 1)
  })
})

describe('the retries of a run', () => {
  const error = new UpstreamError('status', 'u: HTTP status 500', 500)
  function budget(requests = 0, requestsPerUrl = 8): Budget {
    return createBudget({ requestsPerUrl, requests: () => requests })
  }
  /** Asks each of so many URLs twice. @returns how often the second request was refused */
  function refusals(subject: Budget, urls: number): number {
    let refused = 0
    for (let at = 0; at < urls; at += 1) {
      subject.claim(`u${at}`)
      subject.failed(`u${at}`, error)
      try {
        subject.claim(`u${at}`)
        subject.succeeded(`u${at}`)
      } catch {
        refused += 1
      }
    }
    return refused
  }

  it('are a number and a share of all requests', () => {
    expect(refusals(budget(0), 2000)).toBe(2000 - RUN_RETRIES.fixed)
    expect(refusals(budget(1000), 2000)).toBe(2000 - RUN_RETRIES.fixed - 1000 * RUN_RETRIES.share)
  })

  it('leave first requests alone, and say why a URL is not asked for', () => {
    const subject = budget()
    refusals(subject, RUN_RETRIES.fixed + 1)
    expect(() => subject.claim('new')).not.toThrow()
    const last = `u${RUN_RETRIES.fixed}`
    expect(() => subject.claim(last)).toThrow('u: HTTP status 500 (asked once in this run, which has no retries left)')
    expect(subject.isSpent('new')).toBe(true)
  })

  it('end in the client, too', async () => {
    let asked = 0
    const { url } = await serve((_, res) => {
      asked += 1
      res.writeHead(500)
      res.end()
    })
    const options: Partial<HttpClientOptions> = { retries: 2000, requestsPerUrl: 5000, now: () => 0 }
    const http = testClient({ ...options, sleep: async () => undefined })
    await failureOf(http.get(`${url}/x`, MAX))
    // n requests have n - 1 retries; the share grows with n.
    expect(asked).toBe(Math.ceil(RUN_RETRIES.fixed / (1 - RUN_RETRIES.share)) + 1)
    const before = asked
    await failureOf(http.get(`${url}/y`, MAX))
    // The share has grown by less than one for each request.
    expect(asked).toBeLessThanOrEqual(before + 2)
  })
})

describe('the memory of a budget', () => {
  const error = new UpstreamError('status', 'x', 500)

  it('has 10,000 URLs that fail; with more, nothing is retried', () => {
    const budget = createBudget({ requestsPerUrl: 8, requests: () => 0 })
    for (let at = 0; at < 9999; at += 1) budget.failed(`u${at}`, error)
    expect(budget.isSpent('u0')).toBe(false)
    for (let at = 9999; at < 20_000; at += 1) budget.failed(`u${at}`, error)
    expect(budget.isSpent('u0')).toBe(true)
    expect(() => budget.claim('u0')).toThrow('no retries left')
    expect(budget.hasFailed('u9999')).toBe(true)
    expect(budget.hasFailed('u10000')).toBe(false)
    // One of those remembered is still counted, and forgotten when it answers.
    budget.succeeded('u0')
    expect(budget.isSpent('u1')).toBe(false)
  })

  it('has the latest 10,000 URLs that failed and then answered', () => {
    const budget = createBudget({ requestsPerUrl: 2, requests: () => 0 })
    for (let at = 0; at < 10_001; at += 1) {
      budget.failed(`u${at}`, error)
      budget.succeeded(`u${at}`)
    }
    expect(budget.hasFailed('u0')).toBe(false)
    expect(budget.hasFailed('u1')).toBe(true)
    budget.failed('u1', error)
    expect(budget.isSpent('u1')).toBe(true)
  })

  it('is by URL and body', () => {
    expect(budgetKey('u')).toBe('u')
    expect(budgetKey('u', 'a')).not.toBe(budgetKey('u', 'b'))
  })
})
