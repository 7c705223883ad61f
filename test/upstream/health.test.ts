import { describe, expect, it } from 'vitest'
import { EXIT, UpstreamError } from '../../src/errors.js'
import { createHealthMonitor, isOutOfOrder } from '../../src/upstream/http/health.js'
import type { HealthMonitor } from '../../src/upstream/http/health.js'
import { failureOf, serve, testClient } from './support.js'

const ORIGIN = 'https://pypi.org'
const MAX = { maxBytes: 1_000_000 }
const status = (code: number): UpstreamError => new UpstreamError('status', `x: HTTP status ${code}`, code)

/** A monitor with a clock that goes on by so many milliseconds with each look at it. */
function monitor(step = 1000): HealthMonitor {
  let now = 0
  return createHealthMonitor(() => (now += step))
}

function errorOf(subject: HealthMonitor): UpstreamError | undefined {
  try {
    subject.check()
    return undefined
  } catch (error) {
    if (isOutOfOrder(error)) return error
    throw error
  }
}

describe('the health of an upstream', () => {
  it('is unknown before anything was asked', () => {
    expect(monitor().health).toEqual({ origin: '', asked: 0, failed: 0, reason: undefined })
  })

  it('is out of order when 45 of the last 50 requests failed in one way', () => {
    const subject = monitor()
    for (let at = 0; at < 200; at += 1) subject.answered(ORIGIN)
    for (let at = 0; at < 60; at += 1) {
      if (at % 10 === 0) subject.failed(ORIGIN, status(500))
      else subject.failed(ORIGIN, status(503))
    }
    expect(errorOf(subject)).toMatchObject({ kind: 'out-of-order', exitCode: EXIT.upstream })
    expect(errorOf(subject)?.message).toMatch(
      /^https:\/\/pypi\.org is out of order: 4\d of the last 50 requests failed: HTTP status 503; this run stops asking$/,
    )
    expect(subject.health).toMatchObject({ origin: ORIGIN, asked: 50, reason: 'HTTP status 503' })
  })

  it('stays out of order for the rest of the run, at all hosts', () => {
    const subject = monitor()
    for (let at = 0; at < 60; at += 1) subject.failed(ORIGIN, status(503))
    for (let at = 0; at < 60; at += 1) subject.answered(ORIGIN)
    expect(errorOf(subject)).toBeDefined()
  })

  it('is not judged by fewer than 20 requests', () => {
    const subject = monitor(10_000)
    for (let at = 0; at < 19; at += 1) subject.failed(ORIGIN, status(503))
    expect(errorOf(subject)).toBeUndefined()
    for (let at = 0; at < 2; at += 1) subject.failed(ORIGIN, status(503))
    expect(errorOf(subject)).toBeDefined()
  })

  it('is not judged by what fails within a moment', () => {
    const subject = monitor(10)
    for (let at = 0; at < 100; at += 1) subject.failed(ORIGIN, status(503))
    expect(errorOf(subject)).toBeUndefined()
    expect(subject.health).toMatchObject({ asked: 50, failed: 50 })
    for (let at = 0; at < 500; at += 1) subject.failed(ORIGIN, status(503))
    expect(errorOf(subject)).toBeDefined()
  })

  it('counts the moment anew after answers in between', () => {
    let now = 0
    const subject = createHealthMonitor(() => now)
    for (let outage = 0; outage < 10; outage += 1) {
      for (let at = 0; at < 50; at += 1) subject.failed(ORIGIN, status(503))
      now += 4000
      for (let at = 0; at < 50; at += 1) subject.answered(ORIGIN)
    }
    expect(errorOf(subject)).toBeUndefined()
  })

  it('is well enough when 79 % fail in one way', () => {
    const subject = monitor()
    for (let at = 0; at < 500; at += 1) {
      if (at % 50 < 11) subject.answered(ORIGIN)
      else subject.failed(ORIGIN, status(503))
    }
    expect(errorOf(subject)).toBeUndefined()
  })

  it('is well enough when all requests fail in several ways, or at several hosts', () => {
    const ways = monitor()
    const kinds = [
      status(500),
      status(503),
      new UpstreamError('connect', 'x'),
      new UpstreamError('timeout', 'x'),
      new UpstreamError('content', 'x'),
    ]
    for (let at = 0; at < 500; at += 1) ways.failed(ORIGIN, kinds[at % kinds.length] ?? status(500))
    expect(errorOf(ways)).toBeUndefined()
    const hosts = monitor()
    for (let at = 0; at < 500; at += 1) hosts.failed(`https://host${at % 40}.example`, status(503))
    expect(errorOf(hosts)).toBeUndefined()
  })

  it.each([404, 410])('takes status %i for an answer', (code) => {
    const subject = monitor()
    for (let at = 0; at < 500; at += 1) subject.failed(ORIGIN, status(code))
    expect(errorOf(subject)).toBeUndefined()
    expect(subject.health).toMatchObject({ asked: 0, failed: 0 })
  })

  it('remembers no more than 256 hosts', () => {
    const subject = monitor()
    subject.failed(ORIGIN, status(503))
    for (let at = 0; at < 256; at += 1) subject.answered(`https://host${at}.example`)
    expect(subject.health.failed).toBe(0)
  })

  it('counts answers that turned out to be wrong as failures', () => {
    const subject = monitor()
    for (let at = 0; at < 60; at += 1) {
      subject.answered(ORIGIN)
      subject.revoke(ORIGIN, new Error('wrong digest'))
    }
    expect(errorOf(subject)?.message).toContain('wrong size or digest')
    const other = monitor()
    for (let at = 0; at < 60; at += 1) {
      other.answered(ORIGIN)
      other.revoke(ORIGIN, undefined)
    }
    expect(other.health).toMatchObject({ failed: 0 })
  })
})

describe('a client', () => {
  it('stops asking an upstream that is out of order', async () => {
    let asked = 0
    const { url } = await serve((_, res) => {
      asked += 1
      res.writeHead(503)
      res.end()
    })
    const http = testClient({ requestsPerUrl: 4 })
    let first: UpstreamError | undefined
    for (let at = 0; first === undefined && at < 1000; at += 1) {
      const error = await failureOf(http.get(`${url}/${at}`, MAX))
      if (isOutOfOrder(error)) first = error
    }
    expect(first?.message).toMatch(/ is out of order: \d+ of the last \d+ requests failed: HTTP status 503; /)
    // With four requests for each of the URLs that were looked at.
    expect(asked).toBeLessThan(200)
    const before = asked
    for (const ask of [
      () => http.get(`${url}/new`, MAX),
      // No requests are left for this one.
      () => http.get(`${url}/0`, MAX),
      () => http.fetchFile(`${url}/new`, { size: undefined, ...MAX }),
    ]) {
      expect((await failureOf(ask())).kind).toBe('out-of-order')
    }
    expect(asked).toBe(before)
    expect(http.health).toMatchObject({ origin: url, reason: 'HTTP status 503' })
  })

  it('does not send what already waits for its turn', async () => {
    let asked = 0
    const { url } = await serve((_, res) => {
      asked += 1
      res.writeHead(403)
      res.end()
    })
    const http = testClient({ maxRequests: 1, now: () => performance.now() * 1000 })
    const errors = await Promise.all(Array.from({ length: 400 }, (_, at) => failureOf(http.get(`${url}/${at}`, MAX))))
    expect(errors.at(-1)?.kind).toBe('out-of-order')
    expect(asked).toBeLessThan(400)
    expect(errors.filter(isOutOfOrder)).toHaveLength(400 - asked)
  })

  it('goes on where a few URLs fail for ever', async () => {
    const { url } = await serve((req, res) => {
      if (req.url?.startsWith('/stuck') === true) res.writeHead(503)
      res.end('x')
    })
    const http = testClient()
    for (let round = 0; round < 30; round += 1) {
      for (let at = 0; at < 15; at += 1) await failureOf(http.get(`${url}/stuck${at}`, MAX))
    }
    expect((await http.get(`${url}/fine`, MAX)).status).toBe(200)
    expect(http.health).toMatchObject({ asked: 16, failed: 15 })
  })

  it('goes on where nothing is found', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(404)
      res.end()
    })
    const http = testClient({ now: () => performance.now() * 1000 })
    for (let at = 0; at < 60; at += 1)
      expect(await failureOf(http.get(`${url}/${at}`, MAX))).toMatchObject({ status: 404 })
  })
})
