import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Answer, IndexRequest } from './answer.js'
import { answer, answerWith } from './answer.js'
import { pieces } from './body.js'
import type { PackageIndex } from './package-index.js'
import { calledMethod } from './xmlrpc.js'

/** bytes that are sent at once */
const SMALL = 256 * 1024

/** A request as a test sees it before it is answered. */
export interface HookedRequest extends IndexRequest {
  /** What the index would answer, to be changed and given back. */
  readonly usual: () => Answer
}

/** `pass` for the usual answer, another answer, or a function that does with the response what it likes. */
export type Reaction = 'pass' | Answer | ((response: ServerResponse) => void)

export interface ServerOptions {
  /** any free one unless given */
  readonly port?: number
  /** certificate and key, PEM: serves https */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer }
  /** Sees each request first: for delays and faults. */
  readonly onRequest?: (request: HookedRequest) => Reaction | Promise<Reaction>
}

export interface RunningServer {
  /** no slash at the end */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export interface RunningIndex extends RunningServer {
  /** requests by method and path (`GET /simple/`) and calls by method (`RPC changelog_last_serial`) */
  readonly requests: ReadonlyMap<string, number>
  /** How many requests were made whose `method path` matches. */
  count(pattern: RegExp): number
  /** bytes of bodies, as they went over the wire */
  readonly bytesOut: number
  /** Forgets what was counted. */
  reset(): void
}

/** Serves an index on 127.0.0.1, or on localhost where it is https. */
export async function startIndex(index: PackageIndex, options: ServerOptions = {}): Promise<RunningIndex> {
  const scheme = options.tls === undefined ? 'http' : 'https'
  const requests = new Map<string, number>()
  let bytesOut = 0

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = incoming.method ?? 'GET'
    const path = (incoming.url ?? '/').replace(/\?.*$/s, '')
    const body = await text(incoming)
    const request = { method, path, headers: incoming.headers, body, base: `${scheme}://${incoming.headers.host}` }
    const counted = method === 'POST' ? `RPC ${calledMethod(body)}` : `${method} ${path}`
    requests.set(counted, (requests.get(counted) ?? 0) + 1)
    const usual = (): Answer => answer(index, request)
    const reaction = (await options.onRequest?.({ ...request, usual })) ?? 'pass'
    if (typeof reaction === 'function') reaction(response)
    else await send(response, reaction === 'pass' ? usual() : reaction, method === 'HEAD')
  }

  async function send(response: ServerResponse, answered: Answer, head: boolean): Promise<void> {
    const { status, headers, body, cutAfter } = answered
    const length = status === 304 ? {} : { 'content-length': body.size }
    response.writeHead(status, { ...length, ...headers })
    if (head) response.end()
    else if (cutAfter !== undefined) {
      const bytes = counted(body.read(0, Math.min(cutAfter, body.size)))
      // not before the bytes that are to arrive have gone out
      response.write(bytes, () => response.destroy())
    } else if (body.size <= SMALL) response.end(counted(body.read(0, body.size)))
    else await pipeline(Readable.from(pieces(body)).map(counted), response)
  }

  function counted(bytes: Buffer): Buffer {
    bytesOut += bytes.length
    return bytes
  }

  const running = await listen((incoming, response) => {
    respond(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else void send(response, answerWith(500, { 'content-type': 'text/plain' }, String(error)), false)
    })
  }, options)
  return {
    ...running,
    requests,
    count: (pattern) => [...requests].reduce((sum, [request, count]) => sum + (pattern.test(request) ? count : 0), 0),
    get bytesOut() {
      return bytesOut
    },
    reset() {
      requests.clear()
      bytesOut = 0
    },
  }
}

/** A server on the loopback interface; closing it breaks the connections that are left. */
export async function listen(
  listener: RequestListener,
  { port = 0, tls }: Pick<ServerOptions, 'port' | 'tls'> = {},
): Promise<RunningServer> {
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: tls === undefined ? `http://127.0.0.1:${address.port}` : `https://localhost:${address.port}`,
    port: address.port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
