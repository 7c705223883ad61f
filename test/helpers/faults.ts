import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** The answer that the handler would have given. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Fault {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** 0 <= x < 1, fixed by seed and request */
  readonly random: number
  /** what the handler says; for faults that spoil an answer */
  readonly answer: () => Promise<Answer>
  /** stops listening for a moment */
  readonly down: () => void
}

type Play = (fault: Fault) => Promise<void> | void

const LENGTHS = /^(content-length|transfer-encoding|connection|keep-alive)$/

function head(answer: Answer, extra: Record<string, string | number> = {}): Record<string, string | number> {
  return { ...Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !LENGTHS.test(name))), ...extra }
}

function half(body: Buffer): Buffer {
  return body.subarray(0, Math.floor(body.length / 2))
}

/** Headers that promise all, then half of it; `then` ends it after that half is on its way. */
function cutShort(then: (res: ServerResponse) => void): Play {
  return async ({ res, answer }) => {
    const whole = await answer()
    res.writeHead(whole.status, head(whole, { 'content-length': whole.body.length }))
    res.write(half(whole.body), () => setTimeout(() => then(res), 5))
    res.flushHeaders()
  }
}

/** Calls `next` again and again until it is false or the client is gone. */
function repeat(res: ServerResponse, ms: number, next: () => void): void {
  const timer = setInterval(next, ms)
  res.once('close', () => clearInterval(timer))
}

function reply(status: number, headers: Record<string, string>, body: string | Buffer): Play {
  return ({ res }) => {
    res.writeHead(status, headers)
    res.end(body)
  }
}

/** The handler's answer with its body or headers changed. */
function changed(change: (answer: Answer) => { body?: Buffer; headers?: Record<string, string> }): Play {
  return async ({ res, answer }) => {
    const whole = await answer()
    const { body = whole.body, headers = {} } = whole.status < 300 ? change(whole) : {}
    res.writeHead(whole.status, head(whole, { ...headers, 'content-length': body.length }))
    res.end(body)
  }
}

function flip(body: Buffer): Buffer {
  const copy = Buffer.from(body)
  const middle = copy.length >> 1
  if (copy.length > 0) copy[middle] = (copy[middle] ?? 0) ^ 1
  return copy
}

const DOCUMENT = /json|xml|html/
const JSON_TYPE = { 'content-type': 'application/json' }
const later = (ms: number): string => new Date(Date.now() + ms).toUTCString()

export const FAULTS = {
  /** reset before an answer */
  reset: ({ req }) => void req.socket.resetAndDestroy(),
  /** reset, and new connections are refused for a moment */
  down: ({ req, down }) => {
    down()
    req.socket.resetAndDestroy()
  },
  'reset-body': cutShort((res) => res.socket?.resetAndDestroy()),
  'close-body': cutShort((res) => res.socket?.end()),
  'stall-body': cutShort(() => undefined),
  /** cut, with a Content-Length that hides it */
  'short-length': changed(({ body }) => ({ body: half(body) })),
  /** cut, in chunks that end as they should */
  'short-chunks': async ({ res, answer }) => {
    const whole = await answer()
    res.writeHead(whole.status, head(whole))
    res.write(half(whole.body))
    res.end()
  },
  longer: async ({ res, answer }) => {
    const whole = await answer()
    res.writeHead(whole.status, head(whole))
    res.write(whole.body)
    res.end('more than that')
  },
  /** another byte in a file; a document could stay valid and no client could tell */
  'wrong-bytes': changed(({ body, headers }) =>
    DOCUMENT.test(headers['content-type'] ?? '') ? {} : { body: flip(body) },
  ),
  drip: ({ res }) => {
    res.writeHead(200, JSON_TYPE)
    repeat(res, 20, () => res.write(' '))
  },
  endless: ({ res }) => {
    res.writeHead(200, JSON_TYPE)
    const piece = Buffer.alloc(64 * 1024, 0x20)
    const pour = (): void => {
      while (!res.destroyed && res.write(piece));
    }
    res.on('drain', pour)
    pour()
  },
  'slow-headers': () => undefined,
  'server-error': ({ res, random }) => {
    res.writeHead([500, 502, 503, 504, 408][Math.floor(random * 5)] ?? 500)
    res.end('try again')
  },
  'retry-after-seconds': reply(429, { 'retry-after': '1' }, 'too many'),
  'retry-after-date': ({ res }) => {
    res.writeHead(503, { 'retry-after': later(1000) })
    res.end()
  },
  /** harmless: the same document by way of another address */
  redirect: ({ req, res }) => {
    const url = req.url ?? '/'
    res.writeHead(307, { location: `${url}${url.includes('?') ? '&' : '?'}faulty-hop=1` })
    res.end()
  },
  'redirect-loop': ({ req, res }) => {
    res.writeHead(307, { location: req.url ?? '/' })
    res.end()
  },
  'redirect-ftp': reply(302, { location: 'ftp://127.0.0.1/x' }, ''),
  forbidden: reply(403, {}, 'no'),
  gone: reply(404, {}, 'not here'),
  html: reply(200, { 'content-type': 'text/html' }, '<!doctype html><title>Sign in</title><p>Sign in to this network'),
  garbage: ({ res, random }) => {
    res.writeHead(200, JSON_TYPE)
    res.end(Buffer.from(Array.from({ length: 999 }, (_, i) => Math.floor(random * 997 * (i + 1)) & 0xff)))
  },
  deep: reply(200, JSON_TYPE, '['.repeat(200_000) + ']'.repeat(200_000)),
  huge: ({ res }) => {
    res.writeHead(200, JSON_TYPE)
    res.end(Buffer.concat([Buffer.from('{"info":"'), Buffer.alloc(32 * 1024 * 1024, 0x61), Buffer.from('"}')]))
  },
  bomb: ({ res }) => {
    res.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
    res.end(gzipSync(Buffer.alloc(16 * 1024 * 1024, 0x20)))
  },
  stale: changed(() => ({ headers: { 'x-pypi-last-serial': '1' } })),
} satisfies Record<string, Play>

export type FaultKind = keyof typeof FAULTS

/** Those that another attempt gets over, without waiting for timeouts. */
export const PASSING: readonly FaultKind[] = [
  'reset',
  'down',
  'reset-body',
  'close-body',
  'short-length',
  'short-chunks',
  'longer',
  'wrong-bytes',
  'server-error',
  'redirect',
  'html',
  'garbage',
  'deep',
]
