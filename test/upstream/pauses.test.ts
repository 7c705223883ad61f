import { describe, expect, it } from 'vitest'
import { createPauses } from '../../src/upstream/http/pauses.js'
import type { Pauses } from '../../src/upstream/http/pauses.js'
import { parseRateLimit, requestedPause } from '../../src/upstream/http/rate-limit.js'
import { failureOf, serve, testClient } from './support.js'

const MAX = { maxBytes: 1_000_000 }
const NOW = Date.UTC(2025, 0, 1, 12, 0, 0)

describe('parseRateLimit', () => {
  it.each<[Record<string, string | string[]>, number, number]>([
    [{ 'ratelimit-limit': '100', 'ratelimit-remaining': '0', 'ratelimit-reset': '7' }, 0, 7000],
    [{ 'ratelimit-remaining': '0, 0;w=60', 'ratelimit-reset': ' 7 ' }, 0, 7000],
    [{ 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '1.5' }, 3, 1000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 30) }, 0, 30_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 - 30) }, 0, 0],
    [{ ratelimit: 'limit=100, remaining=0, reset=5' }, 0, 5000],
    [{ ratelimit: '"default";r=50;t=30' }, 50, 30_000],
    [{ ratelimit: ['"burst";r=0;t=3', '"daily";r=100;t=3600'] }, 0, 3000],
    [{ ratelimit: '"x";r=1;t=2', 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }, 1, 2000],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': ['4', '5'] }, 0, 4000],
  ])('reads %j', (headers, remaining, resetMs) => {
    expect(parseRateLimit(headers, NOW)).toEqual({ remaining, resetMs })
  })

  it.each<Record<string, string>>([
    {},
    { 'ratelimit-remaining': '0' },
    { 'ratelimit-reset': '7' },
    { 'ratelimit-remaining': 'none', 'ratelimit-reset': '7' },
    { 'ratelimit-remaining': '-1', 'ratelimit-reset': '7' },
    { 'ratelimit-remaining': '0', 'ratelimit-reset': 'soon' },
    { 'ratelimit-remaining': '0', 'ratelimit-reset': '9'.repeat(400) },
    { ratelimit: 'r' },
    { ratelimit: '"default";r=;t=' },
    { ratelimit: '"default";hour=1;at=2' },
  ])('does not guess at %j', (headers) => {
    expect(parseRateLimit(headers, NOW)).toBeUndefined()
  })
})

describe('requestedPause', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '5' }, 5000],
    [{ 'retry-after': 'Wed, 01 Jan 2025 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': '5', 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }, 5000],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }, 9000],
    [{ 'ratelimit-remaining': '1', 'ratelimit-reset': '9' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('of %j are %j ms', (headers, expected) => {
    expect(requestedPause(headers, NOW)).toBe(expected)
  })
})

describe('pauses', () => {
  const url = new URL('https://pypi.org/a')
  const other = new URL('https://pypi.org/b')
  const elsewhere = new URL('https://files.example/a')

  function pauses(longest = 300_000): { subject: Pauses; clock: { at: number } } {
    const clock = { at: 0 }
    return { subject: createPauses({ now: () => clock.at, epoch: () => NOW + clock.at }, longest), clock }
  }
  const answer = (status: number, headers: Record<string, string> = {}, sentAt = 0) => ({
    url,
    status,
    headers,
    sentAt,
  })

  it('hold for a whole host, as long as it says', () => {
    const { subject, clock } = pauses()
    expect(subject.note(answer(429, { 'retry-after': '7' }))).toBe(true)
    expect([url, other, elsewhere].map((one) => subject.before(one))).toEqual([7000, 7000, 0])
    clock.at = 6999
    expect(subject.before(other)).toBe(1)
    clock.at = 7000
    expect(subject.before(other)).toBe(0)
  })

  it('come with 503 only where it has Retry-After', () => {
    const { subject } = pauses()
    expect(subject.note(answer(503))).toBe(false)
    expect(subject.before(url)).toBe(0)
    expect(subject.note(answer(503, { 'retry-after': '2' }))).toBe(true)
    expect(subject.before(url)).toBe(2000)
    expect(subject.note(answer(500, { 'retry-after': '2' }))).toBe(false)
  })

  it('double while a host only says that it is asked too often, up to a minute', () => {
    const { subject, clock } = pauses()
    const waits = []
    for (let refusal = 0; refusal < 8; refusal += 1) {
      subject.note(answer(429, {}, clock.at))
      waits.push(subject.before(url))
      clock.at += subject.before(url)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    subject.note(answer(200, {}, clock.at))
    subject.note(answer(429, {}, clock.at))
    expect(subject.before(url)).toBe(1000)
  })

  it('are one for requests that were refused together', () => {
    const { subject, clock } = pauses()
    clock.at = 10
    for (let at = 0; at < 5; at += 1) subject.note(answer(429, {}, at))
    expect(subject.before(url)).toBe(1000)
    // A longer one among them counts.
    subject.note(answer(429, { 'retry-after': '4' }, 5))
    expect(subject.before(url)).toBe(4000)
    clock.at += 4000
    subject.note(answer(429, {}, clock.at))
    expect(subject.before(url)).toBe(2000)
  })

  it('do not end with the answer to a request that was sent before them', () => {
    const { subject, clock } = pauses()
    clock.at = 10
    subject.note(answer(429, { 'retry-after': '4' }, 5))
    subject.note(answer(200, {}, 9))
    expect(subject.before(url)).toBe(4000)
    clock.at = 4010
    subject.note(answer(500, {}, 4010))
    subject.note(answer(429, {}, 4010))
    expect(subject.before(url)).toBe(2000)
  })

  it('hold for one path that has no requests left', () => {
    const { subject, clock } = pauses()
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' }
    expect(subject.note(answer(200, headers))).toBe(false)
    expect([url, other, elsewhere].map((one) => subject.before(one))).toEqual([5000, 0, 0])
    expect(subject.before(new URL('https://pypi.org/a?query'))).toBe(5000)
    clock.at = 5000
    expect(subject.before(url)).toBe(0)
    subject.note(answer(200, { ...headers, 'x-ratelimit-remaining': '1' }))
    expect(subject.before(url)).toBe(0)
  })

  it('are never longer than the longest', () => {
    const { subject } = pauses(2000)
    subject.note(answer(200, { 'ratelimit-remaining': '0', 'ratelimit-reset': '100' }))
    expect(subject.before(url)).toBe(2000)
    expect(subject.before(other)).toBe(0)
    subject.note(answer(429, { 'retry-after': '100' }))
    expect(subject.before(url)).toBe(2000)
    expect(subject.before(other)).toBe(2000)
  })

  it('are remembered for 1000 paths and 256 hosts', () => {
    const { subject } = pauses()
    const empty = { 'ratelimit-remaining': '0', 'ratelimit-reset': '9' }
    const path = (at: number): URL => new URL(`https://pypi.org/${at}`)
    for (let at = 0; at <= 1000; at += 1) subject.note({ ...answer(200, empty), url: path(at) })
    expect([0, 1, 1000].map((at) => subject.before(path(at)))).toEqual([0, 9000, 9000])
    const host = (at: number): URL => new URL(`https://host${at}.example/`)
    for (let at = 0; at <= 256; at += 1) subject.note({ ...answer(429), url: host(at) })
    expect([0, 1, 256].map((at) => subject.before(host(at)))).toEqual([0, 1000, 1000])
  })
})

describe('a client', () => {
  it.each([
    [429, {}, 1000],
    [429, { 'retry-after': '3' }, 3000],
    [503, { 'retry-after': '3' }, 3000],
  ])('holds back all requests to a host that answers %i with %j', async (status, headers, ms) => {
    const asked: string[] = []
    const { url } = await serve((req, res) => {
      asked.push(req.url ?? '')
      if (asked.length === 1) res.writeHead(status, headers)
      res.end('x')
    })
    const http = testClient({ random: () => 0 })
    const busy = http.get(`${url}/busy`, MAX)
    await expect.poll(() => http.waits.length).toBeGreaterThan(0)
    // Meanwhile nothing is sent.
    await http.get(`${url}/other`, MAX)
    await busy
    expect(asked[0]).toBe('/busy')
    expect(asked).toHaveLength(3)
    expect(Math.max(...http.waits)).toBeGreaterThan(ms - 500)
    expect(Math.max(...http.waits)).toBeLessThanOrEqual(ms)
  })

  it('holds back requests that already wait for their turn', async () => {
    const asked: (string | undefined)[] = []
    const { url } = await serve((req, res) => {
      asked.push(req.url)
      if (asked.length === 1) res.writeHead(429, { 'retry-after': '3' })
      res.end('x')
    })
    let clock = 0
    const sleeping: (() => void)[] = []
    const sleep = (): Promise<void> => new Promise((resolve) => void sleeping.push(resolve))
    const http = testClient({ maxRequests: 1, now: () => clock, sleep })
    const answers = Promise.all(['/a', '/b', '/c'].map((path) => http.get(url + path, MAX)))
    await expect.poll(() => sleeping.length).toBe(3)
    expect(asked).toEqual(['/a'])
    clock = 3000
    for (const wake of sleeping) wake()
    await answers
    expect(asked).toHaveLength(4)
  })

  it('has fewer requests under way for a while after a refusal', async () => {
    let [now, most, answered] = [0, 0, 0]
    const { url } = await serve((_, res) => {
      now += 1
      most = Math.max(most, now)
      setTimeout(() => {
        now -= 1
        answered += 1
        if (answered === 1) res.writeHead(429, { 'retry-after': '0' })
        res.end('x')
      }, 20)
    })
    const http = testClient({ maxRequests: 8 })
    await http.get(`${url}/refused`, MAX)
    await Promise.all(Array.from({ length: 12 }, (_, at) => http.get(`${url}/${at}`, MAX)))
    expect(most).toBeGreaterThanOrEqual(4)
    expect(most).toBeLessThan(8)
  })

  it('waits before a path that said that it has no requests left', async () => {
    let asked = 0
    const { url } = await serve((_, res) => {
      asked += 1
      if (asked === 1)
        res.writeHead(200, { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' })
      res.end('x')
    })
    const http = testClient()
    const rpc = { ...MAX, contentType: 'text/xml' }
    await http.post(`${url}/pypi`, 'one', rpc)
    await http.get(`${url}/simple/`, MAX)
    expect(http.waits).toEqual([])
    await http.post(`${url}/pypi`, 'two', rpc)
    expect(http.waits).toHaveLength(1)
    expect(http.waits[0]).toBeGreaterThan(4000)
    expect(http.waits[0]).toBeLessThanOrEqual(5000)
    expect(http.counts).toMatchObject({ requests: 3, retries: 0 })
  })

  it('gives up where the pause is longer than the time that is left', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(500, { 'ratelimit-remaining': '0', 'ratelimit-reset': '250' })
      res.end()
    })
    const http = testClient({ globalTimeout: 60 })
    const error = await failureOf(http.get(`${url}/x`, MAX))
    expect(error.kind).toBe('timeout')
    expect(error.message).toMatch(/\/x: the server asks to wait 5\d\.\d s, longer than the global timeout allows$/)
    expect(http.counts.requests).toBe(1)
  })

  it('does not wait longer than its global timeout', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(200, { 'ratelimit-remaining': '0', 'ratelimit-reset': '250' })
      res.end('x')
    })
    const http = testClient({ globalTimeout: 60 })
    await http.get(`${url}/x`, MAX)
    await http.get(`${url}/x`, MAX)
    expect(http.waits).toHaveLength(1)
    expect(http.waits[0]).toBeLessThanOrEqual(60_000)
  })
})
