import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import { statusText } from '../../src/upstream/http/retry.js'
import { failureOf, sampleBytes, serve, testClient } from './support.js'

const MAX = { maxBytes: 1_000_000 }

describe('documents', () => {
  it('asks with its name and keeps connections', async () => {
    const ports = new Set<number | undefined>()
    const { url } = await serve((req, res) => {
      ports.add(req.socket.remotePort)
      res.end(
        `${req.method} ${req.url} ${req.headers['user-agent']} ${req.headers.accept} ${req.headers['accept-encoding']}`,
      )
    })
    const http = testClient({ maxRequests: 1 })
    for (let i = 0; i < 5; i += 1) {
      const answer = await http.get(`${url}/a?b=c#d`, { ...MAX, accept: 'application/json' })
      expect(answer.body.toString()).toBe('GET /a?b=c bandersnatch/0 (test) application/json gzip, br')
      expect(answer).toMatchObject({ status: 200, url: `${url}/a?b=c#d` })
    }
    expect(ports.size).toBe(1)
    expect(http.counts).toMatchObject({ requests: 5, retries: 0 })
  })

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['identity', (body: Buffer) => body],
  ])('unpacks %s', async (encoding, pack) => {
    const body = Buffer.from('some text, many times. '.repeat(9000))
    const { url } = await serve((_, res) => {
      res.setHeader('content-encoding', encoding)
      res.end(pack(body))
    })
    const http = testClient()
    expect((await http.get(url, MAX)).body.equals(body)).toBe(true)
    expect(http.counts.bytes).toBe(pack(body).length)
  })

  it('takes no more than the limit, packed or not', async () => {
    const { url } = await serve((req, res) => {
      if (req.url === '/gzip') res.setHeader('content-encoding', 'gzip')
      const body = Buffer.alloc(50_000_000, 0x20)
      res.end(req.url === '/gzip' ? gzipSync(body) : body)
    })
    const http = testClient()
    for (const path of ['/gzip', '/plain']) {
      const error = await failureOf(http.get(url + path, MAX))
      expect(error).toMatchObject({ kind: 'too-large', message: `${url}${path}: larger than 1000000 bytes` })
    }
    expect(http.counts.retries).toBe(0)
    expect(http.counts.bytes).toBeLessThan(5_000_000)
  })

  it.each([
    ['gzip', 64, gzipSync], // met in one go
    ['gzip', 200, gzipSync], // met in a stream
    ['br', 64, brotliCompressSync],
  ] as const)('knows a bomb by how tightly it is packed: %s, %i MB', async (encoding, megabytes, pack) => {
    const bomb = pack(Buffer.alloc(megabytes << 20, 0x20))
    const { url } = await serve((_, res) => {
      res.setHeader('content-encoding', encoding)
      res.end(bomb)
    })
    const http = testClient()
    let bytes = 0
    const reader = { write: (chunk: Uint8Array) => void (bytes += chunk.length), end: () => undefined }
    const error = await failureOf(http.get(url, { maxBytes: 1 << 30, reader: () => reader }))
    expect(error).toMatchObject({ kind: 'too-large', message: `${url}/: unpacks to more than 100 times its size` })
    expect(bytes).toBeLessThan(32 << 20)
    expect(http.counts.retries).toBe(0)
  })

  it.each([
    ['gzip', gzipSync],
    ['br', (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ] as const)('takes a large document that repeats itself, packed with %s', async (encoding, pack) => {
    // Like a project's page: addresses and names that return, and a digest that does not.
    const digests = sampleBytes(1 << 21).toString('hex')
    const files = Array.from(
      { length: 131_072 },
      (_, at) =>
        `{"filename":"project-1.0.tar.gz","hashes":{"sha256":"${digests.slice(at * 32, at * 32 + 32)}"},${'"requires-python":">=3.8","yanked":false,'.repeat(10)}},`,
    )
    const body = Buffer.from(files.join(''))
    const packed = pack(body)
    expect(body.length).toBeGreaterThan(55e6)
    expect(body.length / packed.length).toBeGreaterThan(15)
    expect(body.length / packed.length).toBeLessThan(40)
    const { url } = await serve((_, res) => {
      res.setHeader('content-encoding', encoding)
      res.end(packed)
    })
    expect((await testClient().get(url, { maxBytes: 100e6 })).body.equals(body)).toBe(true)
  })

  it('refuses encodings it did not ask for and broken compression', async () => {
    const { url } = await serve((req, res) => {
      res.setHeader('content-encoding', req.url === '/odd' ? 'zstd' : 'gzip')
      const packed = gzipSync(sampleBytes(5000))
      res.end(req.url === '/cut' ? packed.subarray(0, 3000) : Buffer.from('not gzip'))
    })
    const http = testClient({ retries: 1 })
    for (const path of ['/odd', '/cut', '/broken']) {
      expect(await failureOf(http.get(url + path, MAX))).toMatchObject({ kind: 'content' })
    }
  })

  it('gives allowed statuses as answers and others as errors', async () => {
    const { url } = await serve((req, res) => {
      res.writeHead(Number(req.url?.slice(1)), { etag: '"x"' })
      res.end('text that does not matter')
    })
    const http = testClient()
    const answer = await http.get(`${url}/404`, { ...MAX, allow: [404] })
    expect(answer).toMatchObject({ status: 404, headers: { etag: '"x"' } })
    expect(answer.body.length).toBe(0)
    for (const status of [400, 401, 403, 404, 410, 451]) {
      const error = await failureOf(http.get(`${url}/${status}`, MAX))
      expect(error).toMatchObject({ kind: 'status', status, message: `${url}/${status}: ${statusText(status)}` })
    }
    expect(http.counts.retries).toBe(0)
  })

  it('repeats a request whose answer does not pass the check', async () => {
    let asked = 0
    const { url } = await serve((_, res) => res.end(String((asked += 1))))
    const http = testClient()
    const answer = await http.get(url, {
      ...MAX,
      check: ({ body }) => {
        if (body.toString() !== '3') throw new UpstreamError('content', 'not yet')
      },
    })
    expect(answer.body.toString()).toBe('3')
    expect(http.waits).toEqual([500, 1000])
    expect(http.counts).toMatchObject({ requests: 3, retries: 2 })
  })

  it('posts a body with its type', async () => {
    const { url } = await serve((req, res) => {
      let body = ''
      req.on('data', (chunk: Buffer) => (body += chunk.toString()))
      req.on('end', () => res.end(`${req.headers['content-type']} ${req.headers['content-length']} ${body}`))
    })
    const answer = await testClient().post(url, '<a>é</a>', { ...MAX, contentType: 'text/xml' })
    expect(answer.body.toString()).toBe('text/xml 9 <a>é</a>')
  })

  it('hands bytes to a new reader for each attempt', async () => {
    let asked = 0
    const { url } = await serve((_, res) => {
      asked += 1
      res.writeHead(200, { 'content-length': 6 })
      res.write('abc')
      setTimeout(() => (asked === 1 ? res.socket?.end() : res.end('def')), 10)
    })
    const read: string[] = []
    await testClient().get(url, {
      ...MAX,
      reader: () => {
        const at = read.push('') - 1
        return { write: (chunk) => (read[at] += Buffer.from(chunk).toString()), end: () => (read[at] += '.') }
      },
    })
    expect(read).toEqual(['abc', 'abcdef.'])
  })
})

describe('small files', () => {
  const body = sampleBytes(70_000)

  it('come whole and as they are', async () => {
    const { url } = await serve((req, res) => {
      expect(req.headers['accept-encoding']).toBe('identity')
      // Servers that serve .tar.gz files so mean the file itself.
      res.setHeader('content-encoding', 'x-gzip')
      res.end(req.url === '/empty' ? '' : body)
    })
    const http = testClient()
    expect((await http.fetchFile(url, { size: body.length, ...MAX })).equals(body)).toBe(true)
    expect((await http.fetchFile(url, { size: undefined, ...MAX })).equals(body)).toBe(true)
    expect(await http.fetchFile(`${url}/empty`, { size: 0, ...MAX })).toHaveLength(0)
  })

  it.each([
    ['announced', true],
    ['in chunks', false],
  ])('of another size are errors (%s)', async (_, announced) => {
    const { url } = await serve((__, res) => {
      if (announced) res.setHeader('content-length', body.length)
      res.write(body)
      res.end()
    })
    const http = testClient({ retries: 1 })
    for (const size of [body.length - 1, body.length + 1, 0]) {
      const error = await failureOf(http.fetchFile(url, { size, ...MAX }))
      expect(error.kind).toBe('content')
      expect(error.message).toContain(`bytes instead of ${size}`)
    }
    expect(await failureOf(http.fetchFile(url, { size: undefined, maxBytes: 100 }))).toMatchObject({
      kind: 'too-large',
    })
  })

  it('stops a body that does not end', async () => {
    const { url } = await serve((_, res) => {
      const pour = (): void => {
        while (!res.destroyed && res.write(body));
      }
      res.on('drain', pour)
      pour()
    })
    const http = testClient({ retries: 0 })
    expect(await failureOf(http.fetchFile(url, { size: 100_000, ...MAX }))).toMatchObject({ kind: 'content' })
    expect(http.counts.bytes).toBeLessThan(10_000_000)
  })

  it('takes no 206 nobody asked for', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(206, { 'content-range': 'bytes 0-9/100' })
      res.end('0123456789')
    })
    expect(await failureOf(testClient().fetchFile(url, { size: 10, ...MAX }))).toMatchObject({
      kind: 'status',
      status: 206,
    })
  })
})
