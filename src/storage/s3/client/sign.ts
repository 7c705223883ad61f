import { createHash, createHmac } from 'node:crypto'

/** A request as Signature Version 4 sees it. */
export interface UnsignedRequest {
  readonly method: string
  /** encoded by `encodePath` */
  readonly path: string
  /** `name=value` pairs, encoded and sorted by name; '' where there are none */
  readonly query: string
  /** names in lower case; all of them are signed. `host` must be among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** @returns the headers that the request must be sent with */
export type Signer = (request: UnsignedRequest, identity: Identity, time: Date) => Record<string, string>

/**
 * Signs requests to S3, with the digest of the whole body.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function createSigner(region: string): Signer {
  const keyOf = createSigningKeys(region)
  return (request, identity, time) => {
    const stamp = time.toISOString().replace(/[-:]|\.\d+/g, '')
    const digest = sha256(request.body)
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-content-sha256': digest,
      'x-amz-date': stamp,
      ...(identity.sessionToken === undefined ? {} : { 'x-amz-security-token': identity.sessionToken }),
    }
    const names = Object.keys(headers).sort()
    const canonical = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('')
    const signed = names.join(';')
    const what = [request.method, request.path, request.query, canonical, signed, digest].join('\n')
    const { key, scope } = keyOf(identity.secretAccessKey, stamp.slice(0, 8))
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(what)}`).toString('hex')
    const credential = `${identity.accessKeyId}/${scope}`
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`
    return headers
  }
}

/** A path as it is signed and sent: everything but unreserved characters is encoded, in each segment. */
export function encodePath(path: string): string {
  const encode = (segment: string): string =>
    encodeURIComponent(segment).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  return path.split('/').map(encode).join('/')
}

type SigningKey = { readonly key: Buffer; readonly scope: string }

/** A key is valid for one day. */
function createSigningKeys(region: string): (secret: string, day: string) => SigningKey {
  let made: (SigningKey & { readonly of: string }) | undefined
  return (secret, day) => {
    if (made?.of !== secret + day) {
      const scope = [day, region, 's3', 'aws4_request']
      made = { of: secret + day, key: scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`)), scope: scope.join('/') }
    }
    return made
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
