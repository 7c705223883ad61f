import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { IntegrityError, UpstreamError } from '../../src/errors.js'
import type { UpstreamErrorKind } from '../../src/errors.js'
import { startFaulty } from '../helpers/faulty-upstream.js'
import type { FaultKind } from '../helpers/faults.js'
import { failureOf, faulty, memoryTarget, sampleBytes, serve, testClient } from './support.js'

const DOCUMENT = JSON.stringify({ info: { name: 'a' }, text: 'x'.repeat(100_000) })
const FILE = sampleBytes(300_000)
const MAX = { maxBytes: 1_000_000 }

const handler: RequestListener = (req, res) => {
  if (req.url?.startsWith('/file') === true) {
    res.setHeader('content-type', 'application/octet-stream')
    res.setHeader('etag', '"one"')
    const first = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0)
    const body = FILE.subarray(first)
    res.setHeader('content-length', body.length)
    if (first > 0) res.writeHead(206, { 'content-range': `bytes ${first}-${FILE.length - 1}/${FILE.length}` })
    res.end(body)
  } else {
    res.setHeader('content-type', 'application/json')
    res.setHeader('content-length', DOCUMENT.length)
    res.end(DOCUMENT)
  }
}

function isJson({ body }: { body: Buffer }): void {
  try {
    JSON.parse(body.toString())
  } catch (cause) {
    throw new UpstreamError('content', 'not JSON', undefined, { cause })
  }
}

/** What one attempt meets; undefined: nothing that can be seen. */
const DOCUMENT_FAULTS: Record<FaultKind, UpstreamErrorKind | undefined | readonly UpstreamErrorKind[]> = {
  reset: 'connect',
  down: 'connect',
  'reset-body': 'connect',
  'close-body': ['connect', 'content'],
  'stall-body': 'timeout',
  'short-length': 'content',
  'short-chunks': 'content',
  longer: 'content',
  'wrong-bytes': undefined,
  drip: 'timeout',
  endless: 'too-large',
  'slow-headers': 'timeout',
  'server-error': 'status',
  'retry-after-seconds': 'status',
  'retry-after-date': 'status',
  redirect: undefined,
  'redirect-loop': 'refused',
  'redirect-ftp': 'refused',
  forbidden: 'status',
  gone: 'status',
  html: 'content',
  garbage: 'content',
  deep: undefined,
  huge: 'too-large',
  bomb: 'too-large',
  stale: undefined,
}
const FINAL: readonly FaultKind[] = [
  'drip',
  'endless',
  'redirect-loop',
  'redirect-ftp',
  'forbidden',
  'gone',
  'huge',
  'bomb',
]
const KINDS = Object.keys(DOCUMENT_FAULTS) as FaultKind[]

describe('a document', () => {
  it.each(KINDS)('met by %s fails as it should', async (kind) => {
    const expected = DOCUMENT_FAULTS[kind]
    const upstream = await faulty(handler, kind, 99)
    const http = testClient({ retries: 0, timeout: 0.3, globalTimeout: 1 })
    const answer = http.get(`${upstream.url}/x`, { ...MAX, check: isJson })
    if (expected === undefined) await answer
    else expect([expected].flat()).toContain((await failureOf(answer)).kind)
    expect(upstream.stats.has(kind)).toBe(true)
  })

  it.each(KINDS.filter((kind) => !FINAL.includes(kind) && kind !== 'deep'))('comes after %s', async (kind) => {
    const upstream = await faulty(handler, kind)
    const http = testClient({ timeout: 0.3 })
    const answer = await http.get(`${upstream.url}/x`, { ...MAX, check: isJson })
    expect(answer.body.toString()).toBe(DOCUMENT)
  })

  it('waits as long as Retry-After says', async () => {
    const upstream = await startFaulty(handler, { seed: 1, rate: 1, kinds: ['retry-after-seconds'], perUrl: 3 })
    onTestFinished(() => upstream.close())
    const http = testClient()
    await http.get(`${upstream.url}/x`, MAX)
    expect(http.waits).toEqual([1000, 1000, 2000])
  })
})

describe('a small file', () => {
  const options = { size: FILE.length, ...MAX }
  const seen: readonly FaultKind[] = [
    'reset',
    'down',
    'reset-body',
    'close-body',
    'stall-body',
    'short-length',
    'short-chunks',
    'longer',
    'slow-headers',
    'server-error',
    'retry-after-seconds',
    'retry-after-date',
    'redirect',
    'html',
    'garbage',
    'deep',
    'endless',
    'bomb',
    'huge',
  ]
  it.each(seen)('comes after %s', async (kind) => {
    const upstream = await faulty(handler, kind)
    const http = testClient({ timeout: 0.3 })
    expect((await http.fetchFile(`${upstream.url}/file`, options)).equals(FILE)).toBe(true)
    expect(upstream.stats.get(kind)).toBe(1)
  })

  it('dripped without end is ended', async () => {
    const upstream = await faulty(handler, 'drip', 99)
    const http = testClient({ timeout: 0.5, globalTimeout: 0.7 })
    const error = await failureOf(http.fetchFile(`${upstream.url}/file`, options))
    expect(error).toMatchObject({
      kind: 'timeout',
      message: `${upstream.url}/file: not finished within the global timeout`,
    })
  })
})

describe('a download', () => {
  const kinds: readonly FaultKind[] = [
    'reset',
    'down',
    'reset-body',
    'close-body',
    'stall-body',
    'short-length',
    'short-chunks',
    'longer',
    'slow-headers',
    'server-error',
    'redirect',
    'html',
    'garbage',
    'endless',
    'huge',
  ]
  it.each(kinds)('ends well after %s', async (kind) => {
    const upstream = await faulty(handler, kind)
    const http = testClient({ timeout: 0.3 })
    const target = memoryTarget()
    await http.download(`${upstream.url}/file`, target, { size: FILE.length })
    expect(target.body().equals(FILE)).toBe(true)
    expect(upstream.stats.get(kind)).toBe(1)
  })

  it('lets errors of its target pass, once', async () => {
    const { url } = await serve(handler)
    const http = testClient()
    const full = new IntegrityError('disk full')
    for (const at of ['begin', 'write'] as const) {
      for (const fail of [
        () => Promise.reject(full),
        () => {
          throw full
        },
      ]) {
        await expect(
          http.download(`${url}/file`, { ...memoryTarget(), [at]: fail }, { size: FILE.length }),
        ).rejects.toBe(full)
      }
    }
    expect(http.counts).toMatchObject({ retries: 0, requests: 4 })
  })
})

describe('many requests and many faults', () => {
  it.each([1, 2, 3])('all end well (seed %i)', async (seed) => {
    const upstream = await startFaulty(handler, { seed, rate: 0.4 })
    onTestFinished(() => upstream.close())
    // Retries enough for a server that is down several times in a row on a slow machine.
    const http = testClient({ maxRequests: 8, timeout: 5, retries: 40, requestsPerUrl: 41 })
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        if (i % 3 === 0) {
          expect(
            (
              await http.get(`${upstream.url}/${i}`, {
                ...MAX,
                check: ({ body }) => {
                  if (body.toString() !== DOCUMENT) throw new UpstreamError('content', 'wrong')
                },
              })
            ).body.toString(),
          ).toBe(DOCUMENT)
        } else if (i % 3 === 1) {
          expect(await http.fetchFile(`${upstream.url}/file${i}`, { size: FILE.length, ...MAX })).toHaveLength(
            FILE.length,
          )
        } else {
          const target = memoryTarget()
          await http.download(`${upstream.url}/file${i}`, target, { size: FILE.length })
          expect(target.held).toBe(FILE.length)
        }
      }),
    )
    expect([...upstream.stats.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(10)
  })
})
