import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import type { Distribution } from './index/distribution.js'
import { sdist, wheel } from './index/distribution.js'
import type { PackageIndex } from './index/package-index.js'
import { createPackageIndex } from './index/package-index.js'
import type { RunningIndex, ServerOptions } from './index/server.js'
import { startIndex } from './index/server.js'

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const running: RunningIndex[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function serve(index: PackageIndex, options?: ServerOptions): Promise<RunningIndex> {
  const server = await startIndex(index, options)
  running.push(server)
  return server
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { accept: JSON_TYPE } })
  return response.status === 200 ? response.json() : response.status
}

async function call(server: RunningIndex, method: string, argument = ''): Promise<string> {
  const called = `<methodName>${method}</methodName><params>${argument}</params>`
  const body = `<?xml version='1.0'?><methodCall>${called}</methodCall>`
  return (await fetch(`${server.url}/pypi`, { method: 'POST', body })).text()
}

function example(name: string, version: string, more: Partial<Distribution> = {}): Distribution {
  return { name, version, requiresPython: '>=3.8', ...more }
}

function exampleIndex(): PackageIndex {
  const index = createPackageIndex({ firstSerial: 101 })
  const old = example('Foo.Bar', '1.0')
  const current = example('Foo.Bar', '1.10', { requiresDist: ['zed>=1'], extras: ['x'], summary: 'Füße <&>' })
  index.publish('Foo.Bar', '1.0', [wheel(old), sdist(old)])
  index.publish('Foo.Bar', '1.10', [{ ...wheel(current), attested: true }])
  index.publish('Foo.Bar', '1.9', [sdist(example('Foo.Bar', '1.9'))])
  index.publish('Foo.Bar', '2.0a1', [wheel(example('Foo.Bar', '2.0a1'), { servesMetadata: false })])
  index.publish('2048', '1', [sdist(example('2048', '1'))])
  return index
}

it('lists projects as JSON and as HTML, with an ETag', async () => {
  const { url } = await serve(exampleIndex())
  const response = await fetch(`${url}/simple/`, { headers: { accept: JSON_TYPE } })
  expect(response.headers.get('content-type')).toBe(JSON_TYPE)
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(response.headers.get('x-pypi-last-serial')).toBe('115')
  expect(await response.json()).toEqual({
    meta: { 'api-version': '1.4', '_last-serial': 115 },
    projects: [
      { name: '2048', '_last-serial': 115 },
      { name: 'Foo.Bar', '_last-serial': 111 },
    ],
  })
  const again = { accept: JSON_TYPE, 'if-none-match': response.headers.get('etag') ?? '' }
  expect((await fetch(`${url}/simple/`, { headers: again })).status).toBe(304)
  const html = await fetch(`${url}/simple/`)
  expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(await html.text()).toContain('<a href="/simple/foo-bar/">Foo.Bar</a>')
  const preferred = await fetch(`${url}/simple/`, { headers: { accept: `text/html;q=0.1, ${JSON_TYPE};q=0.9` } })
  expect(preferred.headers.get('content-type')).toBe(JSON_TYPE)
})

it('sends what was not normalized elsewhere', async () => {
  const { url } = await serve(exampleIndex())
  const locations = await Promise.all(
    ['/simple', '/simple/foo-bar', '/simple/Foo.Bar/', '/pypi/Foo_bar/json'].map(async (path) =>
      (await fetch(url + path, { redirect: 'manual' })).headers.get('location'),
    ),
  )
  expect(locations).toEqual(['/simple/', '/simple/foo-bar/', '/simple/foo-bar/', '/pypi/foo-bar/json'])
  expect((await fetch(`${url}/simple/other/`)).status).toBe(404)
  expect((await fetch(`${url}/pypi/other/json`)).status).toBe(404)
})

it('describes a project on its simple page', async () => {
  const index = exampleIndex()
  index.yank('foo.bar', '1.0', 'is "old"')
  const { url } = await serve(index)
  const digest = createHash('sha256')
    .update(wheel(example('Foo.Bar', '1.0')).metadata)
    .digest('hex')
  const page = await getJson(`${url}/simple/foo-bar/`)
  expect(page).toMatchObject({
    meta: { 'api-version': '1.4', '_last-serial': 116 },
    name: 'foo-bar',
    'project-status': { status: 'active' },
    versions: ['1.0', '1.9', '1.10', '2.0a1'],
    files: [
      {
        filename: 'foo_bar-1.0-py3-none-any.whl',
        'requires-python': '>=3.8',
        yanked: 'is "old"',
        'core-metadata': { sha256: digest },
        'data-dist-info-metadata': { sha256: digest },
        provenance: null,
        'upload-time': '2024-01-01T00:03:00.000000Z',
      },
      { filename: 'foo_bar-1.0.tar.gz', yanked: 'is "old"', 'core-metadata': false },
      { filename: 'foo_bar-1.9.tar.gz', yanked: false },
      { provenance: `${url}/integrity/foo-bar/1.10/foo_bar-1.10-py3-none-any.whl/provenance` },
      { filename: 'foo_bar-2.0a1-py3-none-any.whl', 'core-metadata': false },
    ],
  })
  const html = await (await fetch(`${url}/simple/foo-bar/`)).text()
  expect(html).toContain('data-requires-python="&gt;=3.8" data-yanked="is &quot;old&quot;"')
  expect(html).toContain(`data-core-metadata="sha256=${digest}"`)
  expect(html).toMatch(/<!--SERIAL 116-->\n$/)
})

it('answers the JSON API in its shape', async () => {
  const { url } = await serve(exampleIndex())
  const response = await fetch(`${url}/pypi/foo-bar/json`)
  const body = await response.text()
  expect(body).toMatch(/"releases":\{"1.0":\[.*"1.10":\[.*"1.9":\[/)
  expect(JSON.parse(body)).toMatchObject({
    info: {
      name: 'Foo.Bar',
      version: '1.10',
      summary: 'Füße <&>',
      requires_dist: ['zed>=1'],
      provides_extra: ['x'],
      requires_python: '>=3.8',
      yanked: false,
      yanked_reason: null,
      author: null,
      classifiers: [],
    },
    last_serial: 111,
    ownership: { roles: [{ role: 'Owner', user: 'someone' }] },
    urls: [{ packagetype: 'bdist_wheel', python_version: 'py3', upload_time: '2024-01-01T00:06:00' }],
    releases: { '1.9': [{ packagetype: 'sdist', python_version: 'source', 'core-metadata': false }] },
    vulnerabilities: [],
  })
})

it('keeps files where PyPI does and serves parts of them', async () => {
  const index = exampleIndex()
  const { url } = await serve(index)
  const { body, metadata } = wheel(example('Foo.Bar', '1.0'))
  const bytes = body.read(0, body.size)
  const path = index.projects.get('foo-bar')?.releases.get('1.0')?.files[0]?.digests().sha256 ?? ''
  const file = `${url}/packages/${path.slice(0, 2)}/${path.slice(2, 4)}/${path.slice(4)}/foo_bar-1.0-py3-none-any.whl`
  const whole = await fetch(file)
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(bytes)
  expect(whole.headers.get('last-modified')).toBe('Mon, 01 Jan 2024 00:03:00 GMT')
  expect(Buffer.from(await (await fetch(`${file}.metadata`)).arrayBuffer())).toEqual(metadata)
  const etag = whole.headers.get('etag') ?? ''
  const parts: [Record<string, string>, number, string | null][] = [
    [{ range: 'bytes=10-19' }, 206, `bytes 10-19/${bytes.length}`],
    [{ range: 'bytes=10-' }, 206, `bytes 10-${bytes.length - 1}/${bytes.length}`],
    [{ range: 'bytes=-5' }, 206, `bytes ${bytes.length - 5}-${bytes.length - 1}/${bytes.length}`],
    [{ range: 'bytes=10-19', 'if-range': etag }, 206, `bytes 10-19/${bytes.length}`],
    [{ range: 'bytes=10-19', 'if-range': '"other"' }, 200, null],
    [{ range: 'bytes=1-2,4-5' }, 200, null],
    [{ range: `bytes=${bytes.length}-` }, 416, `bytes */${bytes.length}`],
    [{ 'if-none-match': etag }, 304, null],
  ]
  for (const [headers, status, range] of parts) {
    const response = await fetch(file, { headers })
    expect([response.status, response.headers.get('content-range')], JSON.stringify(headers)).toEqual([status, range])
    if (headers.range === 'bytes=10-19' && status === 206) {
      expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes.subarray(10, 20))
    }
  }
  const otherDigest = file.replace(
    path.slice(4),
    path.slice(4).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  )
  expect((await fetch(otherDigest)).status).toBe(404)
})

it('answers XML-RPC', async () => {
  const server = await serve(exampleIndex())
  expect(await call(server, 'changelog_last_serial')).toContain('<int>115</int>')
  expect(await call(server, 'list_packages_with_serial')).toMatch(/<name>Foo.Bar<\/name>\n<value><int>111</)
  const rows = await call(server, 'changelog_since_serial', '<param><value><int>112</int></value></param>')
  expect([...rows.matchAll(/<string>([^<]*)</g)].map((match) => match[1])).toEqual([
    '2048',
    'add Owner someone',
    '2048',
    '1',
    'new release',
    '2048',
    '1',
    'add source file 2048-1.tar.gz',
  ])
  expect(rows).toContain('<nil/>')
  expect(await call(server, 'search')).toContain('<int>-32601</int>')
  expect(server.count(/^RPC changelog/)).toBe(2)
})

it('changes as PyPI does', async () => {
  const index = exampleIndex()
  const { url } = await serve(index)
  const steps: [() => void, string | undefined][] = [
    [() => index.yank('foo-bar', '1.10'), 'yank release'],
    [() => index.unyank('foo-bar', '1.10'), 'unyank release'],
    [() => index.removeFile('foo-bar', 'foo_bar-1.0.tar.gz'), 'remove file foo_bar-1.0.tar.gz'],
    [() => index.removeRelease('foo-bar', '1.9'), 'remove release'],
    [() => index.rename('foo-BAR'), 'docupdate'],
    [() => index.archive('foo-bar'), undefined],
    [() => index.quarantine('foo-bar'), 'project quarantined'],
    [() => index.unquarantine('foo-bar'), 'project quarantine cleared'],
    [() => index.deleteProject('foo-bar'), 'remove project'],
  ]
  for (const [change, action] of steps) {
    const before = index.serial
    change()
    expect(index.serial - before).toBe(action === undefined ? 0 : 1)
    if (action !== undefined) expect(index.changelog.at(-1)?.[3]).toBe(action)
  }
  expect(await getJson(`${url}/simple/foo-bar/`)).toBe(404)
  index.publish('Foo-Bar', '9', [sdist(example('Foo-Bar', '9'))], 'a stranger')
  expect(await getJson(`${url}/pypi/foo-bar/json`)).toMatchObject({ ownership: { roles: [{ user: 'a stranger' }] } })
  index.transfer('foo-bar', '10', [sdist(example('foo-bar', '10'))], 'another')
  expect(await getJson(`${url}/simple/foo-bar/`)).toMatchObject({ versions: ['10'] })
})

it('hides a project in quarantine, and marks one that is archived', async () => {
  const index = exampleIndex()
  const { url } = await serve(index)
  index.archive('foo-bar')
  expect(await getJson(`${url}/simple/foo-bar/`)).toMatchObject({ 'project-status': { status: 'archived' } })
  index.quarantine('foo-bar')
  expect(await getJson(`${url}/simple/foo-bar/`)).toMatchObject({
    'project-status': { status: 'quarantined' },
    versions: [],
    files: [],
  })
  expect(await getJson(`${url}/pypi/foo-bar/json`)).toBe(404)
  expect(await getJson(`${url}/simple/`)).toMatchObject({ projects: [{ name: '2048' }] })
})

it('lets a test see and spoil requests', async () => {
  const server = await serve(exampleIndex(), {
    onRequest: ({ path, usual }) => {
      if (path === '/simple/') return { ...usual(), cutAfter: 3 }
      if (path.startsWith('/pypi/')) return (response) => response.destroy()
      return path === '/simple/2048/' ? { ...usual(), status: 503 } : 'pass'
    },
  })
  await expect(fetch(`${server.url}/simple/`).then((response) => response.text())).rejects.toThrow()
  await expect(fetch(`${server.url}/pypi/2048/json`)).rejects.toThrow()
  expect((await fetch(`${server.url}/simple/2048/`)).status).toBe(503)
  expect((await fetch(`${server.url}/simple/foo-bar/`, { method: 'HEAD' })).headers.get('content-length')).not.toBe('0')
  expect(Object.fromEntries(server.requests)).toEqual({
    'GET /simple/': 1,
    'GET /pypi/2048/json': 1,
    'GET /simple/2048/': 1,
    'HEAD /simple/foo-bar/': 1,
  })
  expect(server.bytesOut).toBeGreaterThan(3)
  server.reset()
  expect([server.bytesOut, server.requests.size]).toEqual([0, 0])
})

it('serves https', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'index-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert]
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', ['req', '-x509', ...pair, ...name], { stdio: 'ignore' })
  const tls = { cert: readFileSync(cert), key: readFileSync(key) }
  rmSync(directory, { recursive: true })
  const { url } = await serve(exampleIndex(), { tls })
  const page = await new Promise<string>((resolve, reject) => {
    httpsRequest(`${url}/pypi/2048/json`, { ca: tls.cert }, (response) => void text(response).then(resolve, reject))
      .on('error', reject)
      .end()
  })
  expect(page).toContain(`"url":"${url}/packages/`)
})
