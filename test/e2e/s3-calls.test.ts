import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import * as sdk from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { AS_8_0 } from '../helpers/golden/replay.js'
import { runInProcess } from '../helpers/in-process.js'
import type { Ran } from '../helpers/in-process.js'
import { createTestSigstore } from '../helpers/attested.js'
import { generateIndex, wheel } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { makeBucket, PREFIX } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { startS3Proxy } from '../helpers/s3-proxy.js'
import type { S3Proxy } from '../helpers/s3-proxy.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { publish, serveIndex } from './support.js'

const PROJECTS = 20
const FILES = 4

let server: S3Server
let proxy: S3Proxy
let bucket: TestBucket
let home: string
let index: PackageIndex
let master: string

beforeAll(async () => {
  server = await startS3Server()
  proxy = await startS3Proxy(server.endpoint)
  home = mkdtempSync(join(tmpdir(), 's3-calls-'))
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})
beforeEach(async () => {
  bucket = await makeBucket({ ...server, endpoint: proxy.endpoint })
  index = generateIndex({ projects: PROJECTS, filesPerProject: FILES })
  master = (await serveIndex(index)).url
})

/** Runs the program on the bucket; `proxy.requests` are then those of this run. */
async function run(args: readonly string[], options = ''): Promise<Ran> {
  const config = join(home, 'bandersnatch.conf')
  writeFileSync(
    config,
    `[mirror]\ndirectory = /${bucket.bucket}/${PREFIX}\nmaster = ${master}\nallow-non-https = true\nstorage-backend = s3\n${options}${bucket.section()}`,
  )
  proxy.requests.length = 0
  const ran = await runInProcess(['-c', config, ...args], { cwd: home })
  expect(ran.exit, ran.log).toBe(0)
  return ran
}

const calls = (pattern: RegExp = /./): string[] =>
  proxy.requests.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`).filter((call) => pattern.test(call))

async function storedFiles(): Promise<string[]> {
  return (await bucket.keys()).filter((key) => key.includes('/packages/') && !key.endsWith('.s3keep'))
}

it.each(['auto', 'simple'])('a quiet run makes at most five calls, with api-method = %s', async (method) => {
  await run(['mirror'], `api-method = ${method}\njson = true\n`)
  publish(index, { name: 'fresh', version: '1.0' })
  await run(['mirror'], `api-method = ${method}\njson = true\n`)
  for (let round = 0; round < 2; round += 1) {
    const { log } = await run(['mirror'], `api-method = ${method}\njson = true\n`)
    expect(log).toContain('0 packages to sync')
    expect(calls().length, calls().join('\n')).toBeLessThanOrEqual(5)
  }
  // Everybody can see that the mirror is fresh.
  expect(calls(/^PUT .*web\/last-modified/)).toHaveLength(1)
})

it('a first run makes one call for each object that it stores, and few besides', async () => {
  await run(['mirror'])
  const objects = (await bucket.keys()).length
  expect(objects).toBeGreaterThan(PROJECTS * (FILES + 3))
  expect(calls(/^HEAD .*web\/packages/)).toEqual([])
  expect(calls().length - objects, calls(/^(?!PUT)/).join('\n')).toBeLessThan(30)
})

it('provenance costs one call for each object; verify --delete, a switch off and delete leave none behind', async () => {
  const sigstore = createTestSigstore()
  for (const name of ['one', 'two']) index.publish(name, '1.0', [sigstore.attested(wheel({ name, version: '1.0' }))])
  const on = 'provenance = true\nintegrity-url = https://mirror.example\n'
  const checked = `[attestations]\ncheck = warn\ntrusted-root = ${sigstore.rootPath}\n`
  const objects = async (): Promise<string[]> => (await bucket.keys()).filter((key) => key.includes('/integrity/'))
  await run(['mirror'], on + checked)
  expect(await objects()).toHaveLength(2)
  expect(calls(/provenance/)).toHaveLength(2)
  await run(['verify', '--delete', '--attestations'], on + checked)
  expect(await objects()).toHaveLength(2)
  await run(['delete', 'one'], on + checked)
  expect((await objects()).map((key) => key.split('/').at(-4))).toEqual(['two'])
  expect(await bucket.keys()).not.toContain(`${PREFIX}/.bandersnatch/publishers/one`)
  await run(['mirror'])
  await run(['verify', '--delete'])
  expect(await objects()).toEqual([])
})

it('verify makes one call for each unchanged file, and a few for the pages and documents of each project', async () => {
  await run(['mirror'], 'json = true\n')
  const files = await storedFiles()
  expect(files.length).toBeGreaterThanOrEqual(PROJECTS * FILES)
  const { log } = await run(['verify'], 'json = true\n')
  expect(log).toContain('nothing to repair')
  expect(calls(/web\/packages/)).toHaveLength(files.length)
  expect(calls().length - files.length, calls(/^(?!HEAD)/).join('\n')).toBeLessThanOrEqual(PROJECTS * 7 + 20)
})

it('verify finds and repairs an object whose content was damaged behind its metadata', async () => {
  await run(['mirror'], 'json = true\n')
  const [damaged = ''] = await storedFiles()
  const key = damaged.slice(PREFIX.length + 1)
  const before = await bucket.head(key)
  const wrong = 'x'.repeat(before.ContentLength ?? 0)
  await bucket.put(key, wrong, { Metadata: before.Metadata })
  await run(['mirror', '--force-check'], 'json = true\n')
  expect((await bucket.head(key)).ETag).not.toBe(before.ETag)
  const { log } = await run(['verify'], 'json = true\n')
  expect(log).toContain('1 file fetched')
  expect((await bucket.head(key)).ETag).toBe(before.ETag)
})

it('a bucket of 8.0 is taken over with nothing uploaded again', async () => {
  const tree = join(home, 'tree')
  const config = join(home, 'tree.conf')
  const options = `json = true\n${AS_8_0}`
  writeFileSync(config, `[mirror]\ndirectory = ${tree}\nmaster = ${master}\nallow-non-https = true\n${options}`)
  expect((await runInProcess(['-c', config, 'mirror'], { cwd: home })).exit).toBe(0)
  const paths = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('.'))
  for (const path of paths) await bucket.put(path, '', await as8(tree, path))
  await bucket.put('.s3keep', '')
  const before = await etags()
  for (const args of [['mirror'], ['mirror', '--force-check'], ['verify', '--delete']]) {
    await run(args, options)
    // 8.0 keeps no MD5 with an object, so only reading it tells whether its content is right.
    const harmless = args[0] === 'verify' ? /^(?:HEAD|GET)/ : /^(?:HEAD|GET .*list-type)/
    expect(
      calls(/web\/packages/).filter((call) => !harmless.test(call)),
      args.join(' '),
    ).toEqual([])
  }
  const after = await etags()
  for (const path of paths.filter((one) => one !== 'web/last-modified'))
    expect(after.get(`${PREFIX}/${path}`), path).toBe(before.get(`${PREFIX}/${path}`))
})

/** What 8.0 stores with a file: no Content-Type, and for release files digest and time. */
async function as8(tree: string, path: string): Promise<Partial<sdk.PutObjectCommandInput>> {
  const body = readFileSync(join(tree, path))
  const directory = `${dirname(path)}/.s3keep`
  await bucket.put(directory, '')
  if (!path.startsWith('web/packages/')) return { Body: body }
  const sha256 = createHash('sha256').update(body).digest('hex')
  return { Body: body, Metadata: { sha256, 'uploaded-at': String(statSync(join(tree, path)).mtimeMs / 1000) } }
}

async function etags(): Promise<Map<string, string>> {
  const { Contents } = await bucket.client.send(new sdk.ListObjectsV2Command({ Bucket: bucket.bucket }))
  return new Map((Contents ?? []).map(({ Key = '', ETag = '' }) => [Key, ETag]))
}

it('verify --delete removes a thousand files a call', async () => {
  await run(['mirror'], 'json = true\n')
  const kept = await storedFiles()
  const stray = Array.from({ length: 1_100 }, (_, n) => `web/packages/00/${n}/stray.whl`)
  await Promise.all(stray.map((key) => bucket.put(key, 'stray')))
  const { log } = await run(['verify', '--delete', '--yes'], 'json = true\n')
  expect(log).toContain('1,100 unowned files')
  // two for the files, and the journal with its segments
  expect(calls(/^POST .*delete/).length).toBeLessThanOrEqual(4)
  expect(calls(/stray/).filter((call) => !call.startsWith('GET'))).toEqual([])
  expect(await storedFiles()).toEqual(kept)
}, 300_000)

it('the history does not end with a run that failed once another one went well', async () => {
  await run(['mirror'])
  const missing = bucket.bucket
  const records = async (): Promise<boolean[]> => {
    const { Body } = await bucket.client.send(
      new sdk.GetObjectCommand({ Bucket: missing, Key: `${PREFIX}/.bandersnatch/history.jsonl` }),
    )
    const text = (await Body?.transformToString()) ?? ''
    return text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { ok: boolean }).ok)
  }
  expect(await records()).toEqual([true])
  await run(['mirror'])
  expect(await records()).toEqual([true])
  const good = master
  master = 'http://127.0.0.1:9'
  await expect(run(['mirror'])).rejects.toThrow()
  master = good
  await run(['mirror'])
  await run(['mirror'])
  expect(await records()).toEqual([true, false, true])
})
