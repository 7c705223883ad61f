import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { S3Place } from '../keys.js'
import { createSigner, encodePath } from './sign.js'
import type { Identity } from './sign.js'

/** One object to be stored. */
export interface ObjectPut {
  readonly place: S3Place
  /** names in lower case; all of them are signed */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface PlainPutOptions {
  /** of the store; buckets are named in the path */
  readonly endpoint: URL
  readonly region: string
  identity(): Promise<Identity>
  readonly sockets: number
  /** ms without a sign of life */
  readonly silence: number
}

/**
 * PutObject as one signed request. The SDK's layers take six times the processor time of the request itself, which is
 * most of a sync of small files.
 */
export interface PlainPut {
  /** @returns the ETag; undefined if the request failed for whatever reason: the SDK knows how to try again and what to report */
  put(object: ObjectPut): Promise<string | undefined>
  close(): void
}

/** After a failure, all requests go through the SDK for this long: it slows down when the store asks for it. */
const REST_MS = 10_000

export function createPlainPut(options: PlainPutOptions): PlainPut {
  const { endpoint, sockets } = options
  const secure = endpoint.protocol === 'https:'
  const request = secure ? httpsRequest : httpRequest
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: sockets })
    : new HttpAgent({ keepAlive: true, maxSockets: sockets })
  const sign = createSigner(options.region)
  let restsUntil = 0

  async function send(object: ObjectPut): Promise<string | undefined> {
    const { place, body } = object
    const path = `${endpoint.pathname.replace(/\/$/, '')}/${place.Bucket}/${encodePath(place.Key)}`
    const unsigned = { method: 'PUT', path, query: '', headers: { ...object.headers, host: endpoint.host }, body }
    const headers = sign(unsigned, await options.identity(), new Date())
    return new Promise((resolve) => {
      const sent = request({
        agent,
        host: endpoint.hostname,
        port: endpoint.port,
        method: 'PUT',
        path,
        headers: { ...headers, 'content-length': body.length },
        timeout: options.silence,
      })
      sent.on('response', (answer) => {
        const { etag } = answer.headers
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode === 200 ? etag : undefined))
        answer.on('error', () => resolve(undefined))
      })
      sent.on('timeout', () => sent.destroy())
      sent.on('error', () => resolve(undefined))
      sent.end(body)
    })
  }

  return {
    async put(object) {
      if (performance.now() < restsUntil) return undefined
      const etag = await send(object)
      if (etag === undefined) restsUntil = performance.now() + REST_MS
      return etag
    },
    close: () => agent.destroy(),
  }
}
