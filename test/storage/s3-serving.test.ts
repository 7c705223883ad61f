import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { wheel } from '../helpers/index/index.js'
import { pieces } from '../helpers/index/body.js'
import { freePort } from '../helpers/free-port.js'
import { makeBucket, PREFIX } from '../helpers/s3-bucket.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { specOf } from './contract.js'

let server: S3Server
let nginx: ChildProcess
let directory: string
let url: string

const VERSION = '1.0+local'
const { filename, body } = wheel({ name: 'foo', version: VERSION })
const bytes = Buffer.concat([...pieces(body)])
const sha256 = createHash('sha256').update(bytes).digest('hex')
/** S3 takes a + for a space. */
const link = `../../packages/ab/${encodeURIComponent(filename)}`
const htmlPage = `<!DOCTYPE html><html><body><a href="${link}#sha256=${sha256}">${filename}</a></body></html>`
const jsonPage = JSON.stringify({
  meta: { 'api-version': '1.0' },
  name: 'foo',
  files: [{ filename, url: link, hashes: { sha256 } }],
})

/** The nginx configuration that docs/s3.md shows, for this bucket and port. */
async function documented(bucket: string, port: number): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 's3.md'), 'utf8')
  const [, block = ''] = /```nginx\n([\s\S]*?)```/.exec(text) ?? []
  const { host } = new URL(server.endpoint)
  return block
    .replaceAll('s3.example.org:80', host)
    .replaceAll('s3.example.org', host)
    .replaceAll('my-bucket/pypi', `${bucket}/${PREFIX}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
}

beforeAll(async () => {
  server = await startS3Server()
  const bucket = await makeBucket(server)
  const storage = await bucket.open({ configParams: new Map([['ACL', 'public-read']]) })
  await storage.put(specOf(`web/packages/ab/${filename}`, bytes), bytes)
  await storage.write('web/simple/foo/index.html', htmlPage)
  await storage.write('web/simple/foo/index.v1_json', jsonPage)
  await storage.write('web/simple/index.html', 'all projects')
  await storage.write('web/json/foo', '{}')
  await storage.write('status', '42')
  await storage.close()
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  directory = await mkdtemp(join(tmpdir(), 'bandersnatch-nginx-'))
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join('\n')
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off;\npid ${directory}/pid;\nerror_log ${directory}/error.log;\nevents {}\n` +
      `http {\naccess_log off;\n${paths}\n${await documented(bucket.bucket, port)}}\n`,
  )
  nginx = spawn('nginx', ['-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')], {
    stdio: 'inherit',
  })
  const failed = new Promise<never>((_, reject) => nginx.once('error', reject))
  for (
    let n = 0;
    n < 100 &&
    !(await fetch(url).then(
      () => true,
      () => false,
    ));
    n++
  ) {
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 50))])
  }
})

afterAll(async () => {
  nginx.kill()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

it('lets pip install through the documented nginx', async () => {
  const target = join(directory, 'installed')
  await promisify(execFile)('python3', [
    '-m',
    'pip',
    'install',
    '--isolated',
    '--no-deps',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--index-url',
    `${url}/simple/`,
    '--target',
    target,
    `foo==${VERSION}`,
  ])
  expect(await readdir(target)).toContain('foo')
})

it('gives each client the page that it understands', async () => {
  const asked = async (accept: string): Promise<[string | null, string]> => {
    const answer = await fetch(`${url}/simple/foo/`, { headers: { accept } })
    return [answer.headers.get('content-type'), await answer.text()]
  }
  expect(await asked('*/*')).toEqual(['text/html; charset=utf-8', htmlPage])
  expect(await asked('application/vnd.pypi.simple.v1+json, text/html;q=0.01')).toEqual([
    'application/vnd.pypi.simple.v1+json',
    jsonPage,
  ])
  expect(await (await fetch(`${url}/simple/`)).text()).toBe('all projects')
  expect((await fetch(`${url}/simple/foo`)).url).toBe(`${url}/simple/foo/`)
  expect((await fetch(`${url}/json/foo`)).headers.get('content-type')).toBe('application/json')
  const file = await fetch(new URL(link, `${url}/simple/foo/`))
  expect(file.headers.get('cache-control')).toMatch(/immutable/)
  expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true)
})

it.each([
  '/status',
  '/.bandersnatch/lock',
  '/packages/../../status',
  '/packages/%2e%2e/%2e%2e/status',
  '/simple/none/',
  '/',
])('shows nothing at %s', async (path) => {
  expect((await fetch(url + path)).status).toBeGreaterThanOrEqual(400)
})
