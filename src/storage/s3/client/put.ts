import { createHash, createHmac } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { S3Place } from '../keys.js'

/** One object to be stored. */
export interface ObjectPut {
  readonly place: S3Place
  /** names in lower case; all of them are signed */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface PutIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface PlainPutOptions {
  /** of the store; buckets are named in the path */
  readonly endpoint: URL
  readonly region: string
  identity(): Promise<PutIdentity>
  readonly sockets: number
  /** ms without a sign of life */
  readonly silence: number
}

/**
 * PutObject as one signed request. The SDK's layers take six times the processor time of the request itself, which is
 * most of a sync of small files.
 */
export interface PlainPut {
  /** The ETag; undefined where it did not go well, whatever the reason: the SDK knows how to try again and what to say. */
  put(object: ObjectPut): Promise<string | undefined>
  close(): void
}

/** A store that is slow, or refuses, meets only the SDK for so long: that slows down when it should. */
const REST_MS = 10_000

export function createPlainPut(options: PlainPutOptions): PlainPut {
  const { endpoint, sockets } = options
  const secure = endpoint.protocol === 'https:'
  const request = secure ? httpsRequest : httpRequest
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: sockets })
    : new HttpAgent({ keepAlive: true, maxSockets: sockets })
  const keyOf = createSigningKeys(options.region)
  let restsUntil = 0

  async function send(object: ObjectPut): Promise<string | undefined> {
    const path = endpoint.pathname.replace(/\/$/, '') + pathOf(object.place)
    const headers = sign({ ...object, path, host: endpoint.host }, await options.identity(), keyOf)
    return new Promise((resolve) => {
      const sent = request({
        agent,
        host: endpoint.hostname,
        port: endpoint.port,
        method: 'PUT',
        path,
        headers,
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
      sent.end(object.body)
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

/** As Signature Version 4 wants a path: all but unreserved characters encoded, each segment for itself. */
function pathOf({ Bucket, Key }: S3Place): string {
  const encoded = Key.split('/').map((segment) =>
    encodeURIComponent(segment).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`),
  )
  return `/${Bucket}/${encoded.join('/')}`
}

/** A key holds for a day. */
function createSigningKeys(
  region: string,
): (secret: string, day: string) => { readonly key: Buffer; readonly scope: string } {
  let made: { readonly of: string; readonly key: Buffer; readonly scope: string } | undefined
  return (secret, day) => {
    if (made?.of !== secret + day) {
      const scope = [day, region, 's3', 'aws4_request']
      made = { of: secret + day, key: scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`)), scope: scope.join('/') }
    }
    return made
  }
}

type SignedPut = ObjectPut & { readonly path: string; readonly host: string }

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function sign(
  put: SignedPut,
  identity: PutIdentity,
  keyOf: ReturnType<typeof createSigningKeys>,
): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const digest = sha256(put.body)
  const headers: Record<string, string> = {
    ...put.headers,
    host: put.host,
    'x-amz-content-sha256': digest,
    'x-amz-date': time,
    ...(identity.sessionToken === undefined ? {} : { 'x-amz-security-token': identity.sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const canonical = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('')
  const { key, scope } = keyOf(identity.secretAccessKey, time.slice(0, 8))
  const what = `PUT\n${put.path}\n\n${canonical}\n${names.join(';')}\n${digest}`
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(what)}`).toString('hex')
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${identity.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  headers['content-length'] = String(put.body.length)
  return headers
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
