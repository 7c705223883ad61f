import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { onTestFinished } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import type { Log } from '../../src/log/types.js'
import { createHttpClient } from '../../src/upstream/http/client.js'
import type { HttpClientOptions } from '../../src/upstream/http/client.js'
import type { DownloadTarget, HttpClient } from '../../src/upstream/types.js'
import { listen, startFaulty, stop } from '../helpers/faulty-upstream.js'
import type { FaultyUpstream } from '../helpers/faulty-upstream.js'
import type { FaultKind } from '../helpers/faults.js'

export interface Recorder extends Log {
  readonly lines: string[]
}

export function recorder(): Recorder {
  const lines: string[] = []
  const add = (line: string): void => void lines.push(line)
  return { lines, debug: add, info: add, warn: add, error: add }
}

export interface TestClient extends HttpClient {
  /** what was waited for, in milliseconds; nothing really waits, but the client's clock goes on */
  readonly waits: number[]
  readonly log: Recorder
}

/** A client with short timeouts and no waiting; closed when the test ends. */
export function testClient(options: Partial<HttpClientOptions> = {}): TestClient {
  const waits: number[] = []
  const log = recorder()
  let skipped = 0
  const client = createHttpClient({
    userAgent: 'bandersnatch/0 (test)',
    timeout: 2,
    globalTimeout: 3600,
    workers: 3,
    maxRequests: 4,
    allowNonHttps: true,
    log,
    random: () => 0.5,
    now: () => performance.now() + skipped,
    sleep: async (ms) => {
      waits.push(ms)
      skipped += ms
      // A moment, so that a server that is down can come back.
      await new Promise((resolve) => setTimeout(resolve, 25))
    },
    ...options,
  })
  onTestFinished(async () => {
    client.abort(new Error('the test is over'))
    await client.close()
  })
  return Object.assign(client, { waits, log })
}

/** A server for one test. */
export async function serve(handler: RequestListener): Promise<{ url: string; port: number; server: Server }> {
  const server = createServer(handler)
  const port = await listen(server)
  onTestFinished(() => stop(server))
  return { url: `http://127.0.0.1:${port}`, port, server }
}

/** A server where each request first meets the fault, `times` times. */
export async function faulty(handler: RequestListener, kind: FaultKind, times = 1): Promise<FaultyUpstream> {
  const upstream = await startFaulty(handler, { seed: 1, rate: 1, kinds: [kind], perUrl: times })
  onTestFinished(() => upstream.close())
  return upstream
}

export async function failureOf(promise: Promise<unknown>): Promise<UpstreamError> {
  const outcome: unknown = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  )
  if (outcome instanceof UpstreamError) return outcome
  throw new Error(`expected an UpstreamError, got ${String(outcome)}`)
}

export interface MemoryTarget extends DownloadTarget {
  body(): Buffer
  readonly begun: { readonly resumed: boolean; readonly validator: string | undefined }[]
}

/** Keeps what a download writes, as a storage would; it may hold something from before. */
export function memoryTarget(before?: {
  readonly bytes: Buffer
  readonly validator: string | undefined
}): MemoryTarget {
  let chunks: Uint8Array[] = before === undefined ? [] : [before.bytes]
  let validator = before?.validator
  const begun: MemoryTarget['begun'] = []
  return {
    begun,
    body: () => Buffer.concat(chunks),
    get held() {
      return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    },
    get validator() {
      return validator
    },
    async begin(answer) {
      begun.push(answer)
      if (!answer.resumed) chunks = []
      validator = answer.validator
    },
    write(chunk) {
      chunks.push(Buffer.from(chunk))
    },
  }
}

/** Bytes that differ everywhere, the same each time. */
export function sampleBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
