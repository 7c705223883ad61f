import { describe, expect, it } from 'vitest'
import { parseBandwidthLimit } from '../../src/config/bandwidth.js'
import type { BandwidthLimit } from '../../src/config/types.js'
import { bandwidthAt, createTokenBucket } from '../../src/upstream/http/bandwidth.js'
import { memoryTarget, sampleBytes, serve, testClient } from './support.js'

const K = 1024
const M = 1024 * K

function limitOf(text: string): BandwidthLimit {
  const parsed = parseBandwidthLimit(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed
}

describe('parseBandwidthLimit', () => {
  it.each<[string, BandwidthLimit]>([
    ['20M', { usual: 20 * M, hours: [] }],
    ['1500K', { usual: 1500 * K, hours: [] }],
    ['1.5 MB', { usual: 1.5 * M, hours: [] }],
    ['2048', { usual: 2048, hours: [] }],
    ['1K', { usual: K, hours: [] }],
    ['08:00-18:00 5M', { usual: undefined, hours: [{ from: 480, to: 1080, rate: 5 * M }] }],
    ['08:00-18:00 5M, 50M', { usual: 50 * M, hours: [{ from: 480, to: 1080, rate: 5 * M }] }],
    [
      '50M\n 8:30 - 9:00  5M\n22:00-06:00 100M\n',
      {
        usual: 50 * M,
        hours: [
          { from: 510, to: 540, rate: 5 * M },
          { from: 1320, to: 360, rate: 100 * M },
        ],
      },
    ],
    [
      '00:00-12:00 1M, 12:00-24:00 2M',
      {
        usual: undefined,
        hours: [
          { from: 0, to: 720, rate: M },
          { from: 720, to: 1440, rate: 2 * M },
        ],
      },
    ],
  ])('reads %j', (text, expected) => {
    expect(parseBandwidthLimit(text)).toEqual(expected)
  })

  it.each<[string, RegExp]>([
    ['', /^bytes a second such as 20M$/],
    [' , ', /^bytes a second such as 20M$/],
    ['fast', /not "fast"/],
    ['-5M', /not "-5M"/],
    ['5 parsecs per fortnight', /not "5 parsecs/],
    ['0', /at least 1K/],
    ['1023', /at least 1K/],
    ['9'.repeat(400), /^bytes a second/],
    ['99999999Y', /^bytes a second/],
    ['５M', /^bytes a second/],
    ['20M, 30M', /not two \("30M"\)/],
    ['08:00-18:00', /not "08:00-18:00"/],
    ['08:00-18:00 fast', /not "08:00-18:00 fast"/],
    ['08:00-08:00 5M', /different ends/],
    ['24:00-08:00 5M', /different ends/],
    ['08:60-18:00 5M', /different ends/],
    ['08:00-24:01 5M', /different ends/],
    ['8-18 5M', /different ends/],
    ['08:00-18:00 5M, 17:59-20:00 1M', /"17:59-20:00 1M" overlaps/],
    ['22:00-06:00 5M, 05:00-07:00 1M', /overlaps/],
    ['22:00-06:00 5M, 23:00-23:30 1M', /overlaps/],
    ['22:00-06:00 5M, 21:00-07:00 1M', /overlaps/],
  ])('says what is wrong with %j', (text, error) => {
    expect(parseBandwidthLimit(text)).toEqual({ error: expect.stringMatching(error) as string })
  })
})

describe('bandwidthAt', () => {
  const limit = limitOf('08:00-18:00 5M, 22:00-06:00 100M, 50M')
  it.each([
    ['07:59', 50 * M],
    ['08:00', 5 * M],
    ['17:59', 5 * M],
    ['18:00', 50 * M],
    ['21:59', 50 * M],
    ['22:00', 100 * M],
    ['00:00', 100 * M],
    ['05:59', 100 * M],
    ['06:00', 50 * M],
  ])('at %s is %i', (time, expected) => {
    expect(bandwidthAt(limit, new Date(`2025-01-01T${time}:30`))).toBe(expected)
  })

  it('is without limit in hours that are not listed', () => {
    expect(bandwidthAt(limitOf('08:00-18:00 5M'), new Date('2025-01-01T20:00:00'))).toBeUndefined()
  })
})

describe('a token bucket', () => {
  it('keeps all takers together to the rate', () => {
    const bucket = createTokenBucket(() => 1000)
    let now = 0
    let bytes = 0
    // Two takers in turn, each of which waits as long as it is told to.
    const free = [0, 0]
    for (let turn = 0; turn < 2000; turn += 1) {
      const taker = (free[0] ?? 0) <= (free[1] ?? 0) ? 0 : 1
      now = Math.max(now, free[taker] ?? 0)
      bytes += 100
      free[taker] = now + bucket.take(100, now)
    }
    expect(bytes / now).toBeGreaterThan(0.99)
    expect(bytes / now).toBeLessThan(1.01)
  })

  it('gives what was not used for half a second at once, and no more', () => {
    const bucket = createTokenBucket(() => 1000)
    expect(bucket.take(500, 100_000)).toBe(0)
    expect(bucket.take(1, 100_000)).toBeCloseTo(1)
    expect(bucket.take(500, 200_000)).toBe(0)
    expect(bucket.take(1000, 200_000)).toBeCloseTo(1000)
  })

  it('goes by the rate of the moment', () => {
    let rate: number | undefined = 1000
    const bucket = createTokenBucket(() => rate)
    expect(bucket.take(10_500, 0)).toBeCloseTo(10_000)
    rate = undefined
    expect(bucket.take(1e12, 1)).toBe(0)
    rate = 100
    expect(bucket.take(100, 2)).toBeCloseTo(500)
  })
})

describe('a client with a bandwidth limit', () => {
  const FILE = sampleBytes(300_000)

  it('reads no faster, from all requests together', async () => {
    const { url } = await serve((_, res) => res.end(FILE))
    const rate = 1_000_000
    const http = testClient({ bandwidth: { usual: rate, hours: [] }, now: () => performance.now() })
    const start = performance.now()
    await Promise.all(
      Array.from({ length: 6 }, (_, at) => http.fetchFile(`${url}/${at}`, { size: FILE.length, maxBytes: 1e6 })),
    )
    // Less the burst of half a second. Without the limit it takes some milliseconds.
    expect(performance.now() - start).toBeGreaterThan(((6 * FILE.length) / rate) * 1000 - 550)
  })

  it('shares it with other clients of the run', async () => {
    const { url } = await serve((_, res) => res.end(FILE))
    const rate = 1_000_000
    const http = testClient({ bandwidth: { usual: rate, hours: [] }, now: () => performance.now() })
    http.share(2)
    const start = performance.now()
    await Promise.all(
      Array.from({ length: 3 }, (_, at) => http.fetchFile(`${url}/${at}`, { size: FILE.length, maxBytes: 1e6 })),
    )
    expect(performance.now() - start).toBeGreaterThan(((3 * FILE.length) / (rate / 2)) * 1000 - 550)
  })

  it('does not take its own pauses for silence of the server', async () => {
    const { url } = await serve((_, res) => res.end(FILE))
    const http = testClient({ timeout: 0.3, bandwidth: { usual: 150_000, hours: [] }, now: () => performance.now() })
    expect(await http.fetchFile(url, { size: FILE.length, maxBytes: 1e6 })).toHaveLength(FILE.length)
    expect(http.counts).toMatchObject({ requests: 1, retries: 0 })
  })

  it('waits for its target and for the limit, whichever takes longer', async () => {
    const { url } = await serve((_, res) => res.end(FILE))
    let [writes, writing, overlapped] = [0, 0, false]
    const target = {
      ...memoryTarget(),
      write: async () => {
        overlapped ||= writing > 0
        writes += 1
        writing += 1
        // One write takes longer than the pause that the limit asks for.
        await new Promise((resolve) => setTimeout(resolve, writes === 3 ? 1500 : 1))
        writing -= 1
      },
    }
    const http = testClient({ bandwidth: { usual: 200_000, hours: [] }, now: () => performance.now() })
    await http.download(url, target, { size: FILE.length })
    expect(writes).toBeGreaterThan(3)
    expect(overlapped).toBe(false)
  })

  it('holds the server back', async () => {
    let sent = 0
    const { url } = await serve((_, res) => {
      const piece = Buffer.alloc(1 << 20)
      const pour = (): void => {
        while (!res.destroyed && sent < 64 << 20) {
          sent += piece.length
          if (!res.write(piece)) return
        }
      }
      res.on('drain', pour)
      pour()
    })
    const http = testClient({ bandwidth: { usual: 1024, hours: [] }, now: () => performance.now() })
    const ended = http.fetchFile(url, { size: 64 << 20, maxBytes: 64 << 20 }).catch((error: unknown) => error)
    await expect.poll(() => http.counts.bytes).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(http.counts.bytes).toBeLessThan(1 << 20)
    expect(sent).toBeLessThan(32 << 20)
    http.abort(new Error('enough'))
    expect(await ended).toEqual(new Error('enough'))
  })
})
