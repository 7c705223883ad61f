import { createServer, request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request as the proxy saw it. */
export interface SeenRequest {
  readonly method: string
  /** path and query, as on the wire */
  readonly url: string
}

/** Answers a request itself (true), or lets it through (false). */
export type Intercept = (request: SeenRequest, response: ServerResponse) => boolean

export interface S3Proxy {
  readonly endpoint: string
  readonly requests: SeenRequest[]
  /** undefined: everything passes */
  intercept: Intercept | undefined
  /** called when the store's answer to a request is there; true loses it by breaking the connection */
  loseAnswer: ((request: SeenRequest) => boolean) | undefined
  close(): Promise<void>
}

/** Stands between the backend and a real server: counts the calls, and plays the faults that such a server never has. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const { hostname, port } = new URL(target)
  const server = createServer((incoming, response) => void pass(incoming, response))
  const requests: SeenRequest[] = []

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: incoming.method ?? '', url: incoming.url ?? '' }
    requests.push(seen)
    if (proxy.intercept?.(seen, response) === true) return void incoming.resume()
    // The Host header stays: it is part of the signature.
    const outgoing = request({
      agent: false,
      hostname,
      port,
      method: seen.method,
      path: seen.url,
      headers: incoming.headers,
    })
    let answered = false
    outgoing.on('response', (answer) => {
      answered = true
      if (proxy.loseAnswer?.(seen) === true) {
        answer.resume()
        return void incoming.socket.destroy()
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    // Swift sends a few bytes after its answer to a HEAD.
    outgoing.on('error', () => answered || incoming.socket.destroy())
    incoming.pipe(outgoing)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    intercept: undefined,
    loseAnswer: undefined,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

/** An answer as S3 gives it for an error. */
export function s3Fault(code: string, status: number, headers: Readonly<Record<string, string>> = {}): Intercept {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString(), ...headers })
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
    )
    return true
  }
}
