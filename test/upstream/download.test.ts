import { describe, expect, it } from 'vitest'
import { failureOf, memoryTarget, sampleBytes, serve, testClient } from './support.js'

const FILE = sampleBytes(200_000)
const HALF = FILE.subarray(0, 100_000)
const WHOLE = { size: FILE.length }
const held = (): ReturnType<typeof memoryTarget> => memoryTarget({ bytes: HALF, validator: '"one"' })

interface Server {
  readonly url: string
  /** the Range and If-Range headers of each request */
  readonly asked: string[]
}

/** What a server may answer to a range; `none` is the honest answer. */
interface Lie {
  readonly status?: number
  readonly range?: string
  readonly etag?: string
  readonly body?: Buffer
}

async function rangeServer(lie: Lie = {}, etag = '"one"'): Promise<Server> {
  const asked: string[] = []
  const { url } = await serve((req, res) => {
    const range = req.headers.range
    asked.push(`${range ?? '-'} ${String(req.headers['if-range'] ?? '-')}`)
    res.setHeader('etag', etag)
    const first = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    if (range === undefined || req.headers['if-range'] !== etag) {
      res.end(FILE)
    } else {
      res.setHeader('etag', lie.etag ?? etag)
      res.setHeader('content-range', lie.range ?? `bytes ${first}-${FILE.length - 1}/${FILE.length}`)
      res.statusCode = lie.status ?? 206
      res.end(lie.body ?? FILE.subarray(first))
    }
  })
  return { url, asked }
}

describe('a download', () => {
  it('writes the body as it comes', async () => {
    const { url, asked } = await rangeServer()
    for (const size of [FILE.length, undefined]) {
      const target = memoryTarget()
      await testClient().download(url, target, { size })
      expect(target.body().equals(FILE)).toBe(true)
      expect(target.begun).toEqual([{ resumed: false, validator: '"one"' }])
    }
    expect(asked).toEqual(['- -', '- -'])
  })

  it('begins even where there is nothing to write', async () => {
    const { url } = await serve((_, res) => res.end())
    const target = memoryTarget()
    await testClient().download(url, target, { size: 0 })
    expect(target.begun).toHaveLength(1)
  })

  it('goes on from what is held', async () => {
    const { url, asked } = await rangeServer()
    const target = held()
    const http = testClient()
    await http.download(url, target, WHOLE)
    expect(target.body().equals(FILE)).toBe(true)
    expect(target.begun).toEqual([{ resumed: true, validator: '"one"' }])
    expect(asked).toEqual(['bytes=100000- "one"'])
    expect(http.counts.bytes).toBe(100_000)
  })

  it('starts over when the file has changed', async () => {
    const { url } = await rangeServer({}, '"two"')
    const target = held()
    await testClient().download(url, target, WHOLE)
    expect(target.body().equals(FILE)).toBe(true)
    expect(target.begun).toEqual([{ resumed: false, validator: '"two"' }])
  })

  it('starts over without a validator or with too much held', async () => {
    const { url, asked } = await rangeServer()
    const before = [
      { bytes: HALF, validator: undefined },
      { bytes: sampleBytes(FILE.length + 1), validator: '"one"' },
    ]
    for (const target of before.map(memoryTarget)) {
      await testClient().download(url, target, WHOLE)
      expect(target.body().equals(FILE)).toBe(true)
    }
    expect(asked).toEqual(['- -', '- -'])
  })

  it('asks for nothing when all is held', async () => {
    const { url, asked } = await rangeServer()
    const target = memoryTarget({ bytes: FILE, validator: '"one"' })
    await testClient().download(url, target, WHOLE)
    expect(asked).toEqual([])
    expect(target.begun).toEqual([{ resumed: true, validator: '"one"' }])
    expect(target.held).toBe(FILE.length)
  })

  it.each<[string, Lie]>([
    ['416', { status: 416, body: Buffer.alloc(0) }],
    ['no Content-Range', { range: '' }],
    ['a range of nonsense', { range: 'bytes x-y/z' }],
    ['another start', { range: `bytes 99999-199999/200000` }],
    ['the start of the file', { range: 'bytes 0-199999/200000', body: FILE }],
    ['another total', { range: 'bytes 100000-199999/200001' }],
    ['a range that ends early', { range: 'bytes 100000-149999/200000', body: FILE.subarray(100_000, 150_000) }],
    ['a body of another length', { body: FILE.subarray(100_001) }],
    ['a part of another file', { etag: '"two"' }],
  ])('starts over when the server answers with %s', async (_, lie) => {
    const { url, asked } = await rangeServer(lie)
    const target = held()
    await testClient().download(url, target, WHOLE)
    expect(target.body().equals(FILE)).toBe(true)
    expect(target.begun.at(-1)).toEqual({ resumed: false, validator: '"one"' })
    expect(asked).toEqual(['bytes=100000- "one"', '- -'])
  })

  it('resumes after each break, as often as it gets on', async () => {
    const big = sampleBytes(12 * 1024 * 1024)
    const step = 2 * 1024 * 1024
    const asked: (string | undefined)[] = []
    const { url } = await serve((req, res) => {
      asked.push(req.headers.range)
      const first = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0)
      res.setHeader('last-modified', 'Wed, 01 Jan 2025 12:00:00 GMT')
      res.setHeader('etag', 'W/"weak"')
      res.setHeader('content-length', big.length - first)
      if (first > 0) {
        expect(req.headers['if-range']).toBe('Wed, 01 Jan 2025 12:00:00 GMT')
        res.writeHead(206, { 'content-range': `bytes ${first}-${big.length - 1}/${big.length}` })
      }
      res.write(big.subarray(first, first + step), () => setTimeout(() => res.socket?.end(), 20))
    })
    const target = memoryTarget()
    const http = testClient({ retries: 1 })
    await http.download(url, target, { size: big.length })
    expect(target.body().equals(big)).toBe(true)
    expect(asked[0]).toBeUndefined()
    expect(asked.length).toBeGreaterThan(5)
    expect(http.counts.bytes).toBe(big.length)
  })

  it('gives up on a server that never gets on', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(200, { 'content-length': FILE.length })
      res.write(HALF, () => setTimeout(() => res.socket?.end(), 5))
    })
    const http = testClient({ retries: 2 })
    // Which of the two it is depends on whether the end of the connection or of the body is noticed first.
    expect(['connect', 'content']).toContain((await failureOf(http.download(url, memoryTarget(), WHOLE))).kind)
    expect(http.counts.requests).toBe(3)
  })

  it('never writes more than the size', async () => {
    const { url } = await serve((_, res) => {
      res.write(FILE)
      setTimeout(() => res.end(FILE), 10)
    })
    const target = memoryTarget()
    let most = 0
    const write = target.write.bind(target)
    target.write = (chunk) => {
      const done = write(chunk)
      most = Math.max(most, target.held)
      return done
    }
    const error = await failureOf(testClient({ retries: 1 }).download(url, target, WHOLE))
    expect(error.message).toBe(`${url}/: more than 200000 bytes instead of 200000`)
    expect(most).toBeLessThanOrEqual(FILE.length)
  })

  it('holds the server back while the target is busy', async () => {
    const big = 64 * 1024 * 1024
    let sent = 0
    const { url } = await serve((_, res) => {
      const piece = Buffer.alloc(1024 * 1024)
      const pour = (): void => {
        while (sent < big && !res.destroyed) {
          sent += piece.length
          if (!res.write(piece)) return
        }
        if (sent >= big) res.end()
      }
      res.on('drain', pour)
      pour()
    })
    let release = (): void => undefined
    let bytes = 0
    const blocked = new Promise<void>((resolve) => (release = resolve))
    const target = { ...memoryTarget(), write: (chunk: Uint8Array) => ((bytes += chunk.length), blocked) }
    const done = testClient({ timeout: 0.3 }).download(url, target, { size: big })
    // Longer than the timeout: only the server's silence counts.
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(bytes).toBeLessThan(1024 * 1024)
    expect(sent).toBeLessThan(big / 2)
    release()
    await done
    expect(bytes).toBe(big)
  })

  it('ends a write before another attempt begins', async () => {
    let asked = 0
    const { url } = await serve((_, res) => {
      asked += 1
      if (asked > 1) {
        res.end(FILE)
        return
      }
      res.writeHead(200, { 'content-length': FILE.length })
      res.write(HALF, () => setTimeout(() => res.socket?.resetAndDestroy(), 5))
    })
    const events: string[] = []
    const target = {
      held: 0,
      validator: undefined,
      begin: async () => {
        events.push('begin')
        await new Promise((resolve) => setTimeout(resolve, 150))
        events.push('begun')
      },
      write: async () => {
        events.push('write')
        await new Promise((resolve) => setTimeout(resolve, 20))
        events.push('written')
      },
    }
    await testClient().download(url, target, WHOLE)
    for (const [i, event] of events.entries()) {
      if (event === 'begin') expect(events[i + 1]).toBe('begun')
      if (event === 'write') expect(events[i + 1]).toBe('written')
    }
    expect(events.filter((event) => event === 'begin')).toHaveLength(2)
  })
})
