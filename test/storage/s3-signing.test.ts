import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPlainPut } from '../../src/storage/s3/client/put.js'
import { createSigner, encodePath } from '../../src/storage/s3/client/sign.js'
import type { UnsignedRequest } from '../../src/storage/s3/client/sign.js'

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, the examples at its end.
const IDENTITY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const TIME = new Date('2013-05-24T00:00:00Z')
const HOST = 'examplebucket.s3.amazonaws.com'
const EMPTY: UnsignedRequest = { method: 'GET', path: '/', query: '', headers: { host: HOST }, body: Buffer.alloc(0) }

const EXAMPLES: readonly (readonly [string, UnsignedRequest, string, string])[] = [
  [
    'GET Object',
    { ...EMPTY, path: '/test.txt', headers: { host: HOST, range: 'bytes=0-9' } },
    'host;range;x-amz-content-sha256;x-amz-date',
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'PUT Object',
    {
      method: 'PUT',
      path: encodePath('/test$file.text'),
      query: '',
      headers: { host: HOST, date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      body: Buffer.from('Welcome to Amazon S3.'),
    },
    'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'GET Bucket Lifecycle',
    { ...EMPTY, query: 'lifecycle=' },
    'host;x-amz-content-sha256;x-amz-date',
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'GET Bucket (List Objects)',
    { ...EMPTY, query: 'max-keys=2&prefix=J' },
    'host;x-amz-content-sha256;x-amz-date',
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
]

describe('the signature of a request to S3', () => {
  it.each(EXAMPLES)('is that of the example %s', (_, request, signedHeaders, signature) => {
    const { authorization } = createSigner('us-east-1')(request, IDENTITY, TIME)
    expect(authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    )
  })

  it('uses another key on another day, for another secret and in another region', () => {
    const sign = createSigner('us-east-1')
    const signature = (one: ReturnType<typeof createSigner>, secret = IDENTITY.secretAccessKey, time = TIME): string =>
      one(EMPTY, { ...IDENTITY, secretAccessKey: secret }, time)['authorization'] ?? ''
    const first = signature(sign)
    const nextDay = new Date('2013-05-25T00:00:00Z')
    expect(signature(sign, undefined, nextDay)).toBe(signature(createSigner('us-east-1'), undefined, nextDay))
    expect(signature(sign, 'other')).toBe(signature(createSigner('us-east-1'), 'other'))
    expect(signature(sign)).toBe(first)
    const all = [first, signature(sign, undefined, nextDay), signature(sign, 'other'), signature(createSigner('eu'))]
    expect(new Set(all).size).toBe(4)
  })

  it('covers the session token of temporary credentials', () => {
    const sign = createSigner('us-east-1')
    const headers = sign(EMPTY, { ...IDENTITY, sessionToken: 'token' }, TIME)
    expect(headers['x-amz-security-token']).toBe('token')
    expect(headers['authorization']).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,',
    )
  })

  it('takes header values without needless spaces', () => {
    const sign = createSigner('us-east-1')
    const spaced = sign({ ...EMPTY, headers: { host: HOST, 'x-amz-meta-a': '  b   c ' } }, IDENTITY, TIME)
    const plain = sign({ ...EMPTY, headers: { host: HOST, 'x-amz-meta-a': 'b c' } }, IDENTITY, TIME)
    expect(spaced['authorization']).toBe(plain['authorization'])
  })

  it('encodes each segment of a path', () => {
    expect(encodePath("/a b/it's (1)!*~/ü+&=@:,")).toBe('/a%20b/it%27s%20%281%29%21%2A~/%C3%BC%2B%26%3D%40%3A%2C')
  })
})

it('a plain PUT sends what was signed', async () => {
  const seen: { url: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { etag: '"tag"' })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const put = createPlainPut({
    endpoint: new URL(`http://127.0.0.1:${port}/base/`),
    region: 'us-east-1',
    identity: async () => IDENTITY,
    sockets: 1,
    silence: 10_000,
  })
  onTestFinished(() => put.close())
  const place = { Bucket: 'bucket', Key: 'some/a b.whl' }
  const etag = await put.put({ place, headers: { 'content-type': 'text/plain' }, body: Buffer.from('content') })
  expect(etag).toBe('"tag"')
  const [{ url = '', headers = {}, body = '' } = {}] = seen
  expect([url, body]).toEqual(['/base/bucket/some/a%20b.whl', 'content'])
  const { host, 'content-type': type } = headers
  const stamp = String(headers['x-amz-date'])
  const time = new Date(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  const request = { method: 'PUT', path: url, query: '', headers: { host: String(host), 'content-type': String(type) } }
  const expected = createSigner('us-east-1')({ ...request, body: Buffer.from(body) }, IDENTITY, time)
  expect(headers).toMatchObject(expected)
})
