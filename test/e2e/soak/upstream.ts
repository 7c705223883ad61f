import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { RequestListener, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startIndex } from '../../helpers/index/index.js'
import type { Answer, HookedRequest, PackageIndex, Reaction, RunningIndex } from '../../helpers/index/index.js'

/** Passes requests on to a server on this machine. */
export function forward(port: number): RequestListener {
  return (req, res) => {
    const inner = request({
      host: '127.0.0.1',
      port,
      method: req.method,
      path: req.url,
      headers: req.headers,
      agent: false,
    })
    inner.once('error', () => res.destroy())
    inner.once('response', (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(res)
    })
    res.once('close', () => inner.destroy())
    req.pipe(inner)
  }
}

/** What a mirror cost its upstream. */
export interface Meter {
  /** of project metadata documents, by normalized name */
  readonly documents: Map<string, number>
  /** bytes that went out of each file and document, by path and ETag, and how many had to */
  readonly sent: Map<string, { bytes: number; needed: number }>
  /** all requests */
  requests: number
  /** called for each request before it is answered */
  onRequest: (request: HookedRequest) => void
}

const PIECE = 8 * 1024
/** Milliseconds between two pieces. */
const PAUSE = 3
/** How many bytes go out before another look at what the client has read: that costs a millisecond. */
const LOOK = 64 * 1024

/** An index that counts what goes out. Large files go out at some 2.5 MB/s, and no faster than the client takes them. */
export async function startMetered(
  index: PackageIndex,
): Promise<{ readonly server: RunningIndex; readonly meter: Meter }> {
  const meter: Meter = { documents: new Map(), sent: new Map(), requests: 0, onRequest: () => undefined }
  const server = await startIndex(index, {
    onRequest(request): Reaction {
      meter.requests += 1
      meter.onRequest(request)
      const name = /^\/pypi\/([^/]+)\/json$/.exec(request.path)?.[1]
      if (name !== undefined) meter.documents.set(name, (meter.documents.get(name) ?? 0) + 1)
      // What changed is a new question each time.
      if (request.method !== 'GET' || request.path === '/simple/') return 'pass'
      const answer = request.usual()
      const needed = Number(/\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1] ?? answer.body.size)
      const key = `${request.path} ${answer.headers['etag'] ?? ''}`
      const tally = meter.sent.get(key) ?? { bytes: 0, needed }
      meter.sent.set(key, tally)
      return (response) => void send(response, answer, (bytes) => (tally.bytes += bytes))
    },
  })
  return { server, meter }
}

async function send(
  response: ServerResponse,
  { status, headers, body }: Answer,
  count: (bytes: number) => void,
): Promise<void> {
  response.writeHead(status, { 'content-length': body.size, ...headers })
  for (let at = 0; at < body.size && !response.destroyed; at += PIECE) {
    const piece = body.read(at, Math.min(at + PIECE, body.size))
    const taken = response.write(piece)
    count(piece.length)
    if (!taken) await drained(response)
    if (body.size > PIECE) await delay(PAUSE)
    while ((at + PIECE) % LOOK === 0 && !response.destroyed && unread(response) > 0) await delay(PAUSE)
  }
  response.end()
}

/** Bytes that lie on this machine for a client that has not read them: a busy one would let megabytes pile up. */
function unread({ req: { socket } }: ServerResponse): number {
  const client = `0100007F:${(socket.remotePort ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  try {
    const line = readFileSync('/proc/net/tcp', 'latin1')
      .split('\n')
      .find((each) => each.includes(`: ${client} `))
    return Number.parseInt(/ [\dA-F]{8}:([\dA-F]{8}) /.exec(line ?? '')?.[1] ?? '0', 16)
  } catch {
    return 0
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

/** Bytes that went out beyond what had to. */
export function sentTwice(meter: Meter): { readonly twice: number; readonly total: number } {
  let twice = 0
  let total = 0
  for (const { bytes, needed } of meter.sent.values()) {
    total += bytes
    twice += Math.max(0, bytes - needed)
  }
  return { twice, total }
}
