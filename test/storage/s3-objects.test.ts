import { createHash } from 'node:crypto'
import * as sdk from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError } from '../../src/errors.js'
import type { Storage } from '../../src/storage/types.js'
import { makeBucket, PREFIX } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { s3Fault, startS3Proxy } from '../helpers/s3-proxy.js'
import type { S3Proxy } from '../helpers/s3-proxy.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { check, receive, specOf } from './contract.js'

let server: S3Server
let proxy: S3Proxy
let bucket: TestBucket
let storage: Storage

beforeAll(async () => {
  server = await startS3Server()
  proxy = await startS3Proxy(server.endpoint)
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
})
beforeEach(async () => {
  bucket = await makeBucket(server)
  storage = await bucket.open({ endpointUrl: proxy.endpoint })
  proxy.requests.length = 0
})
afterEach(async () => {
  await storage.close()
})

const key = 'web/packages/ab/cd/foo-1.0-py3-none-any.whl'
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const methods = (): string[] => proxy.requests.map(({ method }) => method)
const stored8 = { Metadata: { sha256: sha256('content'), 'uploaded-at': '1520353453.123456' } }

it('takes over the release files of 8.0 with one HeadObject each', async () => {
  await bucket.put(key, 'content', stored8)
  await bucket.put('web/packages/ab/cd/.s3keep', '')
  const spec = specOf(key, 'content')
  expect(await check(storage, spec, { method: 'hash' })).toBe('current')
  expect(await check(storage, spec, { method: 'stat' })).toBe('current')
  expect(await check(storage, { ...spec, digest: { name: 'sha256', hex: sha256('other') } }, { method: 'hash' })).toBe(
    'mismatch',
  )
  expect(await check(storage, { ...spec, size: 8 }, { method: 'stat' })).toBe('mismatch')
  expect(await check(storage, { ...spec, key: 'web/packages/none.whl' }, { method: 'stat' })).toBe('missing')
  // A missing object is asked for once too.
  expect(methods()).toEqual(['HEAD', 'HEAD', 'HEAD', 'HEAD', 'HEAD'])
})

it('reads objects without metadata once, then keeps what it found with them', async () => {
  await bucket.put(key, 'content')
  const spec = specOf(key, 'content')
  expect(
    await check(storage, { ...spec, digest: { name: 'sha256', hex: sha256('CONTENT') } }, { method: 'hash' }),
  ).toBe('mismatch')
  expect(methods()).toEqual(['HEAD', 'GET'])
  proxy.requests.length = 0
  expect(await check(storage, spec, { method: 'hash' })).toBe('current')
  expect(methods()).toEqual(['HEAD', 'GET', 'PUT'])
  proxy.requests.length = 0
  expect(await check(storage, spec, { method: 'stat' })).toBe('current')
  expect(methods()).toEqual(['HEAD'])
  expect((await bucket.head(key)).Metadata).toEqual(stored8.Metadata)
})

describe('a check that does not trust the metadata', () => {
  const deep = { method: 'hash', trustMetadata: false } as const

  it('finds other bytes of the same size behind the same metadata', async () => {
    const spec = specOf(key, 'content')
    await storage.put(spec, Buffer.from('content'))
    proxy.requests.length = 0
    expect(await check(storage, spec, deep)).toBe('current')
    expect(methods()).toEqual(['HEAD'])
    const { Metadata } = await bucket.head(key)
    await bucket.put(key, 'CONTENT', { Metadata })
    expect(await check(storage, spec, { method: 'hash' })).toBe('current')
    expect(await check(storage, spec, { method: 'stat', trustMetadata: false })).toBe('current')
    expect(await check(storage, spec, deep)).toBe('mismatch')
  })

  it('compares the ETag with an MD5 that the index promises', async () => {
    const digest = { name: 'md5', hex: md5('content') }
    await bucket.put(key, 'content', { Metadata: { md5: digest.hex } })
    expect(await check(storage, specOf(key, 'content', { digest }), deep)).toBe('current')
    expect(methods()).toEqual(['HEAD'])
    await bucket.put(key, 'CONTENT', { Metadata: { md5: digest.hex } })
    expect(await check(storage, specOf(key, 'content', { digest }), deep)).toBe('mismatch')
  })

  it('reads an object of 8.0, and one that was stored in parts', async () => {
    await bucket.put(key, 'content', stored8)
    expect(await check(storage, specOf(key, 'content'), deep)).toBe('current')
    expect(methods()).toEqual(['HEAD', 'GET'])
    const large = 'x'.repeat(9_000_000)
    const spec = specOf('web/packages/large.zip', large)
    const receiver = await receive(storage, spec)
    await receiver.begin({ resumed: false, validator: undefined })
    await receiver.write(Buffer.from(large))
    await receiver.commit()
    proxy.requests.length = 0
    expect(await check(storage, spec, deep)).toBe('current')
    expect(methods()).toEqual(['HEAD', 'GET'])
    await bucket.put(key, 'CONTENT', stored8)
    expect(await check(storage, specOf(key, 'content'), deep)).toBe('mismatch')
  })

  it('reads no more objects at a time than verify_concurrency says', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `web/packages/${n}`)
    for (const name of names) await bucket.put(name, name, { Metadata: { sha256: sha256(name) } })
    let reading = 0
    let most = 0
    const slow = await bucket.open({ endpointUrl: proxy.endpoint, verifyConcurrency: 2 })
    proxy.intercept = ({ method, url }, response) => {
      if (method !== 'GET') return false
      reading += 1
      most = Math.max(most, reading)
      const body = decodeURIComponent(url.slice(url.indexOf('web/packages'))).replace(/\?.*/, '')
      response.writeHead(200, { 'content-length': body.length })
      response.write(body.slice(0, 1))
      setTimeout(() => {
        reading -= 1
        response.end(body.slice(1))
      }, 30)
      return true
    }
    onTestFinished(() => void (proxy.intercept = undefined))
    const specs = names.map((name) => specOf(name, name))
    expect(await slow.checkAll(specs, deep)).toEqual(names.map(() => 'current'))
    await slow.close()
    expect(most).toBeLessThanOrEqual(2)
  })
})

it('stores each object with one request, whatever its name, and leaves to the SDK what is refused', async () => {
  const names = [
    'web/packages/a+b c.whl',
    'web/packages/ü/ß%20.zip',
    "web/packages/it's (one)!*~.whl",
    'web/packages/a=b&c?d#e;f.whl',
    'web/packages/$@:,[].whl',
  ]
  for (const name of names) await storage.put(specOf(name, name), Buffer.from(name))
  expect(methods()).toEqual(names.map(() => 'PUT'))
  for (const name of names) expect((await bucket.head(name)).Metadata).toMatchObject({ sha256: sha256(name) })
  proxy.requests.length = 0
  let refusals = 1
  proxy.intercept = (request, response) => refusals-- > 0 && s3Fault('SlowDown', 503)(request, response)
  const hasty = await bucket.open({ endpointUrl: proxy.endpoint, maxAttempts: 0 })
  await hasty.write('web/one', 'one')
  await hasty.write('web/two', 'two')
  proxy.intercept = undefined
  await hasty.close()
  expect(methods()).toEqual(['PUT', 'PUT', 'PUT'])
  expect((await storage.read('web/two'))?.toString()).toBe('two')
})

it('puts the time right by stat, and leaves other metadata alone', async () => {
  await bucket.put(key, 'content', { Metadata: { ...stored8.Metadata, 'uploaded-at': '1.5', mine: 'kept' } })
  expect(await check(storage, specOf(key, 'content', { uploadTime: 1_600_000_000 }), { method: 'stat' })).toBe(
    'current',
  )
  const { Metadata, ContentType } = await bucket.head(key)
  expect(Metadata).toEqual({ sha256: sha256('content'), 'uploaded-at': '1600000000.0', mine: 'kept' })
  expect(ContentType).toBe('application/octet-stream')
})

it('writes the metadata that 8.0 writes, and for small files their MD5', async () => {
  await storage.put(specOf(key, 'content'), Buffer.from('content'))
  expect((await bucket.head(key)).Metadata).toEqual({ ...stored8.Metadata, md5: md5('content') })
  const large = 'x'.repeat(9_000_000)
  const receiver = await receive(storage, specOf('web/packages/large.zip', large, { uploadTime: 1_600_000_000 }))
  await receiver.begin({ resumed: false, validator: undefined })
  await receiver.write(Buffer.from(large))
  await receiver.commit()
  const head = await bucket.head('web/packages/large.zip')
  expect(head.Metadata).toEqual({ sha256: sha256(large), 'uploaded-at': '1600000000.0' })
  expect(head.ContentLength).toBe(9_000_000)
  expect(head.ETag).toMatch(/-2"$/)
})

it('marks prepared directories as 8.0 does, once something is stored below them', async () => {
  await storage.prepare(['', 'web/simple', 'web/packages'])
  await storage.read('status')
  expect(await bucket.keys()).toEqual([])
  await storage.write('web/simple/foo/index.html', 'page')
  await storage.write('web/simple/bar/index.html', 'page')
  expect(await bucket.keys()).toEqual([
    `${PREFIX}/.s3keep`,
    `${PREFIX}/web/simple/.s3keep`,
    `${PREFIX}/web/simple/bar/index.html`,
    `${PREFIX}/web/simple/foo/index.html`,
  ])
  expect(await storage.names('web/simple', 'files')).toEqual([])
})

it('removes the marker of a package directory with its file', async () => {
  await bucket.put(key, 'content', stored8)
  await bucket.put('web/packages/ab/cd/.s3keep', '')
  expect(await storage.remove(key, { pruneParents: true })).toBe(1)
  expect(await bucket.keys()).toEqual([])
})

it('leaves foreign objects alone, and shows them as files', async () => {
  const foreign = [
    'web/simple/folder/',
    'web/simple/.swiftkeep',
    'web/simple/favicon.ico',
    'web/logo ü+%.png',
    'web/packages/ab/notes.txt',
    'README',
  ]
  for (const one of foreign) await bucket.put(one, one.endsWith('/') ? '' : 'mine')
  await storage.prepare(['', 'web/simple'])
  const lock = await storage.lock('mirror')
  await storage.put(specOf(key, 'content'), Buffer.from('content'))
  await storage.write('web/simple/folder/index.html', 'page')
  await storage.removeTree('web/simple/foo')
  await storage.remove(key, { pruneParents: true })
  await lock.release()
  const keys = await bucket.keys()
  for (const one of foreign) expect(keys).toContain(`${PREFIX}/${one}`)
  expect(await storage.names('web/simple', 'files')).toEqual(['favicon.ico'])
  expect(await storage.names('web/simple/folder', 'files')).toEqual(['index.html'])
  const walked: string[] = []
  for await (const entry of storage.walk('web')) walked.push(entry.key)
  expect(walked.sort()).toEqual([
    'web/logo ü+%.png',
    'web/packages/ab/notes.txt',
    'web/simple/favicon.ico',
    'web/simple/folder/index.html',
  ])
})

it.each([
  ['web/simple/foo/index.html', 'text/html; charset=utf-8', 'public, max-age=600'],
  ['web/simple/foo/index.v1_html', 'application/vnd.pypi.simple.v1+html', 'public, max-age=600'],
  ['web/simple/foo/index.v1_json', 'application/vnd.pypi.simple.v1+json', 'public, max-age=600'],
  ['web/simple/foo/versions/index_1_2020-01-01.html', 'text/html; charset=utf-8', 'public, max-age=600'],
  ['web/json/foo', 'application/json', 'public, max-age=600'],
  ['web/pypi/foo/json', 'application/json', 'public, max-age=600'],
  ['web/integrity/foo/1.0/foo.whl/provenance', 'application/vnd.pypi.integrity.v1+json', 'public, max-age=600'],
  ['web/last-modified', 'text/plain; charset=utf-8', 'public, max-age=600'],
  ['web/packages/a/foo-1.0.tar.gz', 'application/octet-stream', 'public, max-age=31536000, immutable'],
  ['web/packages/a/foo.whl.metadata', 'text/plain; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['web/packages/a/index.html', 'application/octet-stream', 'public, max-age=31536000, immutable'],
  ['status', 'text/plain; charset=utf-8', 'no-store'],
  ['.bandersnatch/state.json', 'text/plain; charset=utf-8', 'no-store'],
])('serves %s as %s, %s', async (one, type, cache) => {
  await storage.write(one, 'x')
  expect(await bucket.head(one)).toMatchObject({ ContentType: type, CacheControl: cache })
  await storage.write('web/simple/source.html', 'x')
  await storage.copy(one, 'web/simple/source.html')
  expect(await bucket.head(one)).toMatchObject({ ContentType: type, CacheControl: cache })
})

it('sends configured cache rules and parameters with every object', async () => {
  const other = await bucket.open({
    endpointUrl: proxy.endpoint,
    cacheControlPackages: 'max-age=1',
    cacheControlPages: 'no-cache',
    configParams: new Map([
      ['StorageClass', 'STANDARD'],
      ['ContentLanguage', 'en'],
      ['ContentDisposition', 'inline'],
    ]),
  })
  await other.put(specOf(key, 'content'), Buffer.from('content'))
  await other.write('web/simple/foo/index.html', 'page')
  await other.copy('web/simple/foo/index.v1_html', 'web/simple/foo/index.html')
  const large = 'x'.repeat(9_000_000)
  await other.writeStream('web/simple/index.html', [large])
  await other.close()
  const language = { ContentLanguage: 'en', ContentDisposition: 'inline' }
  expect(await bucket.head(key)).toMatchObject({ CacheControl: 'max-age=1', ...language })
  for (const page of ['foo/index.html', 'foo/index.v1_html', 'index.html']) {
    expect(await bucket.head(`web/simple/${page}`)).toMatchObject({ CacheControl: 'no-cache', ...language })
  }
})

it('refuses parameters that it does not know, and half of a key', async () => {
  await expect(bucket.open({ configParams: new Map([['ServerSideEncrypton', 'aws:kms']]) })).rejects.toThrow(
    /config_param_ServerSideEncrypton is not known; those that are: ACL, .*ServerSideEncryption/,
  )
  await expect(bucket.open({ configParams: new Map([['BucketKeyEnabled', 'maybe']]) })).rejects.toThrow(
    /must be true or false/,
  )
  await expect(bucket.open({ secretAccessKey: undefined })).rejects.toThrow(ConfigError)
  await expect(bucket.open({ signatureVersion: 's3' })).rejects.toThrow(/only s3v4/)
  for (const directory of ['/', '', '/a', '/no bucket/x', '/bucket/../other']) {
    await expect(bucket.open({}, { directory })).rejects.toThrow(/must be \/bucket or \/bucket\/prefix/)
  }
})

it('keeps a mirror at the root of a bucket too', async () => {
  const other = await bucket.open({}, { directory: `/${bucket.bucket}` })
  await other.prepare(['', 'web/simple'])
  await other.write('web/simple/foo/index.html', 'page')
  expect(await bucket.keys()).toEqual(['.s3keep', 'web/simple/.s3keep', 'web/simple/foo/index.html'])
  expect(await other.names('', 'directories')).toEqual(['web'])
  expect(other.location('web/simple')).toBe(`/${bucket.bucket}/web/simple`)
  await other.close()
})

it('lists and removes a thousand at a time', async () => {
  const names = Array.from({ length: 1_203 }, (_, n) => `web/packages/${String(n).padStart(4, '0')}`)
  await Promise.all(names.map((name) => storage.put(specOf(name, name), Buffer.from(name))))
  proxy.requests.length = 0
  const walked: string[] = []
  for await (const entry of storage.walk('web/packages')) walked.push(entry.key)
  expect(walked.sort()).toEqual(names)
  expect(methods()).toEqual(['GET', 'GET'])
  await storage.removeTree('web')
  expect(await bucket.keys()).toEqual([])
  expect(methods().filter((method) => method === 'POST')).toHaveLength(2)
}, 300_000)

it('drops the unfinished uploads of killed runs only when they are old', async () => {
  const Key = `${PREFIX}/web/packages/young.zip`
  await bucket.client.send(new sdk.CreateMultipartUploadCommand({ Bucket: bucket.bucket, Key }))
  const receiver = await receive(storage, specOf('web/packages/a.zip', 'content'))
  await receiver.abort(false)
  const { Uploads } = await bucket.client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket.bucket }))
  // Every upload to moto began in 2010.
  expect((Uploads ?? []).map((upload) => upload.Key)).toEqual(server.name === 'moto' ? [] : [Key])
})

it('leaves no parts of a large file behind that had a wrong digest', async () => {
  const receiver = await receive(storage, specOf('web/packages/large.zip', 'something else'))
  await receiver.begin({ resumed: false, validator: undefined })
  for (let n = 0; n < 20; n++) await receiver.write(Buffer.alloc(1_000_000))
  await expect(receiver.commit()).rejects.toThrow(/digest/)
  const { Uploads } = await bucket.client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket.bucket }))
  expect(Uploads ?? []).toEqual([])
  expect(await bucket.keys()).toEqual([])
})

it('batches the journal into few objects, and leaves none behind', async () => {
  for (let n = 0; n < 10_000; n++) await storage.append('.bandersnatch/journal', `project-${n} ${n}\n`)
  await storage.flush()
  expect(methods().filter((method) => method === 'PUT').length).toBeLessThan(6)
  await storage.remove('.bandersnatch/journal')
  expect(await bucket.keys()).toEqual([])
})

it('asks for no state file that is not there while it holds the lock', async () => {
  await bucket.put('status', '42')
  await bucket.put('.bandersnatch/state.json', '{}')
  const lock = await storage.lock('mirror')
  if (!server.conditional) return lock.release()
  proxy.requests.length = 0
  for (const one of ['todo', 'generation', '.bandersnatch/journal', '.bandersnatch/failures.json']) {
    expect(await storage.read(one)).toBeUndefined()
    expect(await storage.remove(one)).toBe(0)
    expect(await storage.stat(one)).toBeUndefined()
  }
  expect(methods()).toEqual([])
  expect((await storage.read('status'))?.toString()).toBe('42')
  const version = storage.properties.version?.('status')
  await storage.write('status', '43')
  await storage.write('todo', '44')
  expect(storage.properties.version?.('status')).not.toBe(version)
  expect(storage.properties.version?.('todo')).toBeTypeOf('string')
  expect((await storage.read('todo'))?.toString()).toBe('44')
  expect(await storage.remove('todo')).toBe(1)
  expect(await storage.read('todo')).toBeUndefined()
  await lock.release()
  // From now on others may write there.
  await bucket.put('todo', '45')
  expect((await storage.read('todo'))?.toString()).toBe('45')
})

it('knows the state files although foreign objects lie beside them, or asks for each where those are too many', async () => {
  await bucket.put('status', '42')
  await Promise.all(Array.from({ length: 1_050 }, (_, n) => bucket.put(`foreign/${n}`, '')))
  const lock = await storage.lock('mirror')
  expect((await storage.read('status'))?.toString()).toBe('42')
  expect(await storage.read('todo')).toBeUndefined()
  await bucket.put('zz', '')
  await lock.release()
})

it('asks for no file that a survey did not find, and for all where it would take too many requests', async () => {
  const names = Array.from({ length: 1_100 }, (_, n) => `web/packages/${String(n).padStart(4, '0')}`)
  await Promise.all(names.slice(0, 1_050).map((name) => bucket.put(name, name, { Metadata: { sha256: sha256(name) } })))
  const specs = names.slice(1_000).map((name) => specOf(name, name))
  const heads = (): number => methods().filter((method) => method === 'HEAD').length
  await storage.properties.survey?.(1)
  const expected = specs.map((_, at) => (at < 50 ? 'current' : 'missing'))
  expect(await storage.checkAll(specs, { method: 'hash' })).toEqual(expected)
  expect(heads()).toBe(100)
  proxy.requests.length = 0
  await storage.properties.survey?.(2)
  expect(await storage.checkAll(specs, { method: 'hash' })).toEqual(expected)
  expect(heads()).toBeLessThan(55)
  await storage.put(specOf(names[1_099] ?? '', names[1_099] ?? ''), Buffer.from(names[1_099] ?? ''))
  expect(await check(storage, specOf(names[1_099] ?? '', names[1_099] ?? ''), { method: 'hash' })).toBe('current')
}, 300_000)

it('removes what a walk named a thousand at a time, without asking for each', async () => {
  const names = Array.from({ length: 1_203 }, (_, n) => `web/packages/${String(n).padStart(4, '0')}/file`)
  await Promise.all(names.flatMap((name) => [bucket.put(name, ''), bucket.put(name.replace('file', '.s3keep'), '')]))
  await bucket.put('web/packages/stays', 'here')
  await storage.remove(names, { pruneParents: true })
  expect(methods()).toEqual(['POST', 'POST', 'POST'])
  expect(await bucket.keys()).toEqual([`${PREFIX}/web/packages/stays`])
  await storage.remove([])
}, 300_000)
