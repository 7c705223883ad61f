import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { FixtureMirror } from '../serve/mirror.js'
import { mirrorFixture, scratchDirectory } from '../serve/mirror.js'
import { SERVERS } from '../serve/servers.js'
import type { StartServer, WebServer } from '../serve/servers.js'

const V1_JSON = 'application/vnd.pypi.simple.v1+json'
const V1_HTML = 'application/vnd.pypi.simple.v1+html'
const HTML = 'text/html'
const PIP = `${V1_JSON}, ${V1_HTML}; q=0.1, text/html; q=0.01`
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      buffer(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      )
    })
      .once('error', reject)
      .end()
  })
}

/** The media type without its parameters. */
const type = (answer: Answer): string => (answer.headers['content-type'] ?? '').replace(/;.*/, '')

/** What each server must do with each kind of mirror. */
function contract(start: StartServer, options: string, made: () => FixtureMirror): void {
  const hashIndex = options.includes('hash-index = true')
  const formats = options.includes('HTML') ? 'HTML' : options.includes('JSON') ? 'JSON' : 'ALL'
  let mirror: FixtureMirror
  let server: WebServer
  beforeAll(async () => {
    mirror = made()
    server = await start(mirror)
    return server.close
  })
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    ask(server.url + path, headers, method)
  const stored = (path: string): Buffer => readFileSync(join(mirror.web, path))
  const pageOf = (name: string): string => (hashIndex ? `simple/${name.charAt(0)}/${name}` : `simple/${name}`)
  const released = (): string =>
    (JSON.parse(stored('json/demo-lib').toString()) as { urls: { url: string }[] }).urls[0]?.url.replace(
      /^.*(?=\/packages\/)/,
      '',
    ) ?? ''

  it.each([
    [PIP, V1_JSON],
    [V1_JSON, V1_JSON],
    ['application/vnd.pypi.simple.latest+json', V1_JSON],
    [V1_HTML, V1_HTML],
    [`${V1_HTML}, text/html;q=0.1`, V1_HTML],
    [`${V1_JSON};q=0, ${HTML}`, HTML],
    [`${V1_JSON};q=0.0, ${V1_HTML};q=0.3`, V1_HTML],
    [`${HTML}, ${V1_JSON};q=0.5`, HTML],
    [BROWSER, HTML],
    [HTML.toUpperCase(), HTML],
    ['*/*', HTML],
    ['', HTML],
    ['application/vnd.pypi.simple.v9+json', HTML],
  ])('answers Accept: %s with %s', async (accept, wanted) => {
    for (const [path, file] of [
      ['/simple/', 'simple'],
      ['/simple/demo-lib/', pageOf('demo-lib')],
    ] as const) {
      const answer = await get(path, { accept })
      expect(answer.status).toBe(200)
      if (formats === 'HTML' && wanted === V1_JSON) expect([HTML, V1_HTML]).toContain(type(answer))
      else expect(type(answer)).toBe(formats === 'JSON' ? V1_JSON : wanted)
      const page = new Map([
        [HTML, 'index.html'],
        [V1_HTML, 'index.v1_html'],
        [V1_JSON, 'index.v1_json'],
      ]).get(type(answer))
      expect(answer.body.equals(stored(`${file}/${page}`))).toBe(true)
      if (type(answer) !== V1_JSON) expect(answer.headers['content-type']).toMatch(/charset=utf-8$/i)
      expect(answer.headers['vary']).toMatch(/Accept(?!-)/)
      expect(answer.headers['cache-control']).not.toContain('immutable')
    }
  })

  it('prefers the format parameter to Accept', async () => {
    const wanted = formats === 'HTML' ? HTML : V1_JSON
    for (const plus of ['+', '%2B']) {
      expect(
        type(await get(`/simple/demo-lib/?format=application/vnd.pypi.simple.v1${plus}json`, { accept: HTML })),
      ).toBe(wanted)
    }
    expect(type(await get('/simple/demo-lib/?format=text/html', { accept: V1_JSON }))).toBe(
      formats === 'JSON' ? V1_JSON : HTML,
    )
    expect((await get('/simple/demo-lib/?format=nonsense', { accept: HTML })).status).toBe(200)
  })

  it('redirects to the slash', async () => {
    for (const [from, to] of [
      ['/simple', '/simple/'],
      ['/simple/demo-lib', '/simple/demo-lib/'],
      ['/', '/simple/'],
    ] as const) {
      const answer = await get(from)
      expect([301, 302]).toContain(answer.status)
      expect(new URL(answer.headers.location ?? '', server.url).pathname).toBe(to)
    }
  })

  it('serves release files whole and in part, as never changing', async () => {
    const path = released()
    const answer = await get(path)
    expect(answer.status).toBe(200)
    expect(type(answer)).toBe('application/octet-stream')
    expect(answer.body.equals(stored(path))).toBe(true)
    expect(answer.headers['cache-control']).toContain('immutable')
    expect(answer.headers['content-encoding']).toBeUndefined()
    const part = await get(path, { range: 'bytes=10-19' })
    expect(part.status).toBe(206)
    expect(part.body.equals(stored(path).subarray(10, 20))).toBe(true)
    const resumed = await get(path, { range: 'bytes=10-', 'if-range': answer.headers['last-modified'] ?? '' })
    expect(resumed.status).toBe(206)
    expect((await get(path, { range: 'bytes=999999999-' })).status).toBe(416)
    const metadata = await get(`${path}.metadata`)
    expect(metadata.body.toString()).toContain('Name: demo-lib')
    expect(type(metadata)).toBe('application/octet-stream')
  })

  it('answers HEAD, and what the client still holds', async () => {
    for (const path of ['/simple/demo-lib/', released(), '/pypi/demo-lib/json']) {
      const head = await get(path, {}, 'HEAD')
      expect(head.status).toBe(200)
      expect(head.body).toHaveLength(0)
      const { etag = '', 'last-modified': modified = '' } = head.headers
      expect(etag).not.toBe('')
      expect((await get(path, { 'if-none-match': etag })).status).toBe(304)
      expect((await get(path, { 'if-modified-since': modified })).status).toBe(304)
    }
  })

  it('serves metadata documents as JSON with a serial that satisfies every mirror', async () => {
    for (const path of ['/pypi/demo-lib/json', '/json/demo-lib', '/pypi/demo-lib/json/']) {
      const answer = await get(path)
      expect(answer.status).toBe(200)
      expect(type(answer)).toBe('application/json')
      expect(answer.body.equals(stored('json/demo-lib'))).toBe(true)
      const { last_serial: serial } = JSON.parse(answer.body.toString()) as { last_serial: number }
      expect(Number(answer.headers['x-pypi-last-serial'])).toBeGreaterThanOrEqual(serial)
    }
  })

  it.each(['POST', 'PUT', 'DELETE'])('does not take %s', async (method) => {
    for (const path of ['/simple/demo-lib/', released()]) {
      const answer = await get(path, {}, method)
      expect(answer.status).toBe(405)
      expect(answer.headers['cache-control'] ?? '').not.toContain('immutable')
    }
  })

  it('serves provenance with its own media type', async () => {
    const path = '/integrity/demo-lib/1.0%2Bx/demo%20lib.whl/provenance'
    const answer = await get(path, { accept: 'application/vnd.pypi.integrity.v1+json' })
    expect(answer.status).toBe(200)
    expect(type(answer)).toBe('application/vnd.pypi.integrity.v1+json')
    expect(answer.body.equals(stored(decodeURIComponent(path.slice(1))))).toBe(true)
    expect(answer.headers['cache-control']).not.toContain('immutable')
    expect(answer.headers['x-pypi-last-serial']).toBeUndefined()
  })

  it.each([
    '/integrity/demo-lib/1.0/nothing.whl/provenance',
    '/integrity/demo-lib/',
    '/simple/no-such-project/',
    '/simple/no-such-project',
    '/simple/d/',
    '/simple/demo-lib/nothing',
    '/simple/demo-lib/x/y/',
    '/pypi/no-such-project/json',
    '/pypi/demo-lib/1.0/json',
    '/pypi/',
    '/json/no-such-project',
    '/json/',
    '/packages/',
    '/packages/none.whl',
    '/nothing',
    '/status',
    '/../status',
    '/..%2fstatus',
    '/%2e%2e/status',
    '/packages/../../status',
    '/packages/..%2f..%2fstatus',
    '/simple/..%2f..%2fstatus/',
    '/simple/%00/',
    '/.bandersnatch/state.json',
  ])('does not find %s', async (path) => {
    const answer = await get(path)
    const followed = answer.status === 301 ? await ask(new URL(answer.headers.location ?? '', server.url).href) : answer
    expect(followed.status).toBeGreaterThanOrEqual(400)
    for (const header of ['cache-control', 'x-pypi-last-serial', 'etag'])
      expect(followed.headers[header]).toBeUndefined()
  })

  it('logs each request', async () => {
    server.requests()
    await get('/simple/demo-lib/?a=b')
    await expect.poll(() => server.requests()).toContain('GET /simple/demo-lib/?a=b')
  })
}

describe.each([
  ['as it comes', ''],
  ['with hash-index and HTML alone', 'hash-index = true\nsimple-format = HTML\n'],
  ['with hash-index and old versions of pages', 'hash-index = true\nkeep_index_versions = 2\n'],
  ['of JSON alone', 'simple-format = JSON\n'],
])('a mirror %s', (_, options) => {
  let mirror: FixtureMirror
  beforeAll(async () => {
    const scratch = scratchDirectory()
    mirror = await mirrorFixture(scratch.path, options)
    const directory = join(mirror.web, 'integrity', 'demo-lib', '1.0+x', 'demo lib.whl')
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'provenance'), '{"version": 1, "attestation_bundles": []}')
    return scratch.remove
  })
  describe.each(SERVERS)('served by %s', (name, start) => {
    contract(start, options, () => mirror)
    describe.runIf(NORMALIZES.has(name))('for people', () => spellings(start, () => mirror))
    describe.runIf(name !== 'bandersnatch serve')('for many clients', () => packing(start, () => mirror))
  })
})

/** nginx and Caddy cannot make a name lower case. */
const NORMALIZES = new Set(['bandersnatch serve', 'Apache'])

function spellings(start: StartServer, made: () => FixtureMirror): void {
  let server: WebServer
  beforeAll(async () => {
    server = await start(made())
    return server.close
  })

  it.each(['Demo_Lib', 'demo.lib', 'demo--lib', 'DEMO-._lib', 'demo-LIB'])('leads %s to the project', async (name) => {
    for (const slash of ['', '/']) {
      const answer = await ask(`${server.url}/simple/${name}${slash}`)
      expect(answer.status).toBe(301)
      expect(new URL(answer.headers.location ?? '', server.url).pathname).toBe('/simple/demo-lib/')
    }
    for (const path of ['/simple/', '/simple/demo-lib/']) expect((await ask(server.url + path)).status).toBe(200)
  })
}

function packing(start: StartServer, made: () => FixtureMirror): void {
  let server: WebServer
  beforeAll(async () => {
    server = await start(made())
    return server.close
  })

  it.each(['/simple/demo-lib/', '/pypi/demo-lib/json'])('packs %s', async (path) => {
    for (const accept of [V1_JSON, V1_HTML, HTML]) {
      const packed = await ask(server.url + path, { accept, 'accept-encoding': 'gzip' })
      const plain = await ask(server.url + path, { accept })
      expect(packed.headers['content-encoding']).toBe('gzip')
      expect(packed.headers['vary']).toContain('Accept-Encoding')
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true)
      const { etag = '' } = packed.headers
      const again = { accept, 'accept-encoding': 'gzip', 'if-none-match': etag }
      expect((await ask(server.url + path, again)).status).toBe(304)
    }
  })
}
