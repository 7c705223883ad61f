import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import { Retryable } from '../../src/upstream/http/failure.js'
import { createRetrier, retryAfter, statusFailure, statusText } from '../../src/upstream/http/retry.js'
import type { Retrier } from '../../src/upstream/http/retry.js'
import { recorder } from './support.js'

const NOW = Date.UTC(2025, 0, 1, 12, 0, 0)

describe('retryAfter', () => {
  it.each([
    ['0', 0],
    ['7', 7000],
    [' 7 ', 7000],
    ['999999999999', 300_000],
    ['Wed, 01 Jan 2025 12:00:30 GMT', 30_000],
    ['Wed, 01 Jan 2025 11:00:00 GMT', 0],
    ['Wed, 01 Jan 2099 11:00:00 GMT', 300_000],
    ['soon', undefined],
    ['-5x', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j waits %j ms', (value, expected) => {
    expect(retryAfter(value, NOW)).toBe(expected)
  })
})

describe('statusFailure', () => {
  it('tries again what may pass, and nothing else', () => {
    const retried = []
    for (let status = 300; status < 600; status += 1) {
      if (statusFailure(status, 'u', undefined) instanceof Retryable) retried.push(status)
    }
    expect(retried).toEqual([408, 425, 429, 500, 502, 503, 504])
  })
})

describe('statusText', () => {
  it.each([
    [401, /wants a user name and a password/],
    [403, /access is refused: by a firewall or proxy on the way/],
    [407, /the proxy wants a user name/],
    [429, /too many requests; this run slows down/],
    [503, /overloaded or being repaired; a later run goes on from here/],
  ])('%i says what it means', (status, text) => {
    expect(statusText(status)).toMatch(text)
  })

  it('says the number where there is nothing to add', () => {
    expect(statusText(500)).toBe('HTTP status 500')
  })
})

describe('createRetrier', () => {
  function retrier(random: number, retries = 4): { retrier: Retrier; waits: number[] } {
    const waits: number[] = []
    const sleep = async (ms: number): Promise<void> => void waits.push(ms)
    const policy = {
      retries,
      log: recorder(),
      random: () => random,
      sleep,
      now: () => 0,
      signal: new AbortController().signal,
    }
    return { retrier: createRetrier(policy), waits }
  }
  const connect = (wait?: number): Retryable => new Retryable(new UpstreamError('connect', 'no'), wait)

  async function exhaust(subject: Retrier, error: unknown): Promise<unknown> {
    for (;;) {
      try {
        await subject.wait(error, Infinity)
      } catch (thrown) {
        return thrown
      }
    }
  }

  it('backs off exponentially with full jitter', async () => {
    const { retrier: subject, waits } = retrier(0.5, 10)
    const error = connect()
    expect(await exhaust(subject, error)).toBe(error.error)
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000, 15_000])
    const none = retrier(0)
    await exhaust(none.retrier, connect())
    expect(none.waits).toEqual([0, 0, 0, 0])
  })

  it('waits at least as long as it was asked to', async () => {
    const { retrier: subject, waits } = retrier(0.5, 2)
    await exhaust(subject, connect(60_000))
    expect(waits).toEqual([60_000, 60_000])
  })

  it('waits at least its own time, too', async () => {
    const { retrier: subject, waits } = retrier(0.5, 2)
    await exhaust(subject, connect(0))
    expect(waits).toEqual([500, 1000])
  })

  it('asks three times for a stale page, after one and two seconds', async () => {
    const { retrier: subject, waits } = retrier(0.1)
    const stale = new UpstreamError('stale', 'old')
    expect(await exhaust(subject, stale)).toBe(stale)
    expect(waits).toEqual([1000, 2000])
  })

  it('gives up at once on what stays wrong', async () => {
    for (const error of [
      new UpstreamError('too-large', 'x'),
      new UpstreamError('refused', 'x'),
      new TypeError('bug'),
    ]) {
      const { retrier: subject, waits } = retrier(0.5)
      expect(await exhaust(subject, error)).toBe(error)
      expect(waits).toEqual([])
    }
  })

  it('does not wait beyond the deadline', async () => {
    const { retrier: subject, waits } = retrier(0.5)
    const error = connect(60_000)
    await expect(subject.wait(error, 60_000)).rejects.toBe(error.error)
    expect(waits).toEqual([])
  })

  it('counts from none after progress', async () => {
    const { retrier: subject, waits } = retrier(0.5, 1)
    for (let i = 0; i < 5; i += 1) {
      subject.progress()
      await subject.wait(connect(), Infinity)
    }
    expect(waits).toEqual([500, 500, 500, 500, 500])
  })
})
