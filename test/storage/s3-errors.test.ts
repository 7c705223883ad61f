import { execFile } from 'node:child_process'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { errorText, StorageError } from '../../src/errors.js'
import type { Storage } from '../../src/storage/types.js'
import { makeBucket } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { s3Fault, startS3Proxy } from '../helpers/s3-proxy.js'
import type { S3Proxy } from '../helpers/s3-proxy.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { specOf } from './contract.js'

let server: S3Server
let proxy: S3Proxy
let bucket: TestBucket
let storage: Storage

beforeAll(async () => {
  server = await startS3Server()
  bucket = await makeBucket(server)
})
afterAll(async () => {
  await server.stop()
})
beforeEach(async () => {
  proxy = await startS3Proxy(server.endpoint)
  storage = await bucket.open({ endpointUrl: proxy.endpoint })
})
afterEach(async () => {
  await storage.close()
  await proxy.close()
})

async function failing(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(StorageError)
  const text = errorText(error)
  expect(text).not.toContain('\n')
  expect(text).not.toContain(server.secretAccessKey === server.accessKeyId ? '…' : server.secretAccessKey)
  return text
}

it.each([
  ['InvalidAccessKeyId', 403, /does not accept the access key/],
  ['SignatureDoesNotMatch', 403, /does not accept the access key or its secret; look at aws_access_key_id/],
  ['AccessDenied', 403, /is not allowed to do this/],
  ['ExpiredToken', 400, /session token has expired/],
  ['RequestTimeTooSkewed', 403, /clock of this machine/],
  ['ServiceUnavailable', 503, /asks to slow down/],
  ['NoSuchBucket', 404, /the bucket test-\S+ does not exist/],
  ['QuotaExceeded', 403, /quota/],
  ['KMS.DisabledException', 400, /KMS key/],
  ['SomethingNew', 400, /SomethingNew it is/],
])('says in one line what %s means, whatever was asked', async (code, status, says) => {
  proxy.intercept = s3Fault(code, status)
  expect(await failing(storage.write('web/simple/foo/index.html', 'page'))).toMatch(says)
  expect(await failing(storage.read('status'))).toMatch(says)
  // Of a missing bucket a HEAD only says 404; whatever comes before it in a run says more.
  if (status !== 404) expect(await failing(storage.check(specOf('web/packages/a', 'a'), 'hash'))).toMatch(says)
  expect(await failing(storage.names('web/simple', 'files'))).toMatch(says)
  expect(await failing(storage.lock('mirror'))).toMatch(says)
})

it('says that the store is still asking to slow down', async () => {
  proxy.intercept = s3Fault('SlowDown', 503)
  expect(await failing(storage.write('web/simple/foo/index.html', 'page'))).toMatch(
    /asks to slow down after all attempts.*\(SlowDown\)/,
  )
})

it('names the region that the bucket lies in', async () => {
  proxy.intercept = s3Fault('PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-central-1' })
  expect(await failing(storage.read('status'))).toMatch(/lies in the region eu-central-1; set region_name/)
  expect(await failing(storage.stat('status'))).toMatch(/lies in the region eu-central-1; set region_name/)
})

it('asks again when the store wants less, and when an answer is lost or broken off', async () => {
  const patient = await bucket.open({ endpointUrl: proxy.endpoint, maxAttempts: 5 })
  let refusals = 2
  proxy.intercept = (request, response) => refusals-- > 0 && s3Fault('SlowDown', 503)(request, response)
  await patient.write('web/one', 'one')
  expect(refusals).toBeLessThan(1)
  let lost = 1
  proxy.loseAnswer = () => lost-- > 0
  await patient.write('web/two', 'two')
  expect((await patient.read('web/two'))?.toString()).toBe('two')
  let broken = 2
  proxy.intercept = ({ method }, response) => {
    if (method !== 'GET' || broken-- <= 0) return false
    response.writeHead(200, { 'content-length': 3 })
    response.write('tw', () => response.destroy())
    return true
  }
  expect((await patient.read('web/two'))?.toString()).toBe('two')
  await patient.close()
})

it('completes a large file although the answer to the completion was lost', async () => {
  const patient = await bucket.open({ endpointUrl: proxy.endpoint, maxAttempts: 5 })
  const body = Buffer.alloc(9_000_000, 'large')
  const receiver = await patient.receive(specOf('web/packages/large', body))
  await receiver.begin({ resumed: false, validator: undefined })
  await receiver.write(body)
  let lost = 1
  proxy.loseAnswer = ({ method, url }) => method === 'POST' && url.includes('uploadId') && lost-- > 0
  await receiver.commit()
  expect((await patient.stat('web/packages/large'))?.size).toBe(body.length)
  await patient.close()
})

it('says that nothing listens, and that a name is unknown', async () => {
  await proxy.close()
  expect(await failing(storage.read('status'))).toMatch(/cannot read status: http:\S+: nothing listens there/)
  const nowhere = await bucket.open({ endpointUrl: 'http://no-such-host.invalid' })
  expect(await failing(nowhere.read('status'))).toMatch(/cannot be resolved/)
  await nowhere.close()
})

it('says what a real store says of a wrong bucket and wrong keys', async () => {
  const elsewhere = await bucket.open({}, { directory: '/no-such-bucket-anywhere/mirror' })
  expect(await failing(elsewhere.lock('mirror'))).toMatch(/the bucket no-such-bucket-anywhere does not exist/)
  expect(await failing(elsewhere.read('status'))).toMatch(/the bucket no-such-bucket-anywhere does not exist/)
  await elsewhere.close()
  if (!server.strict) return
  const stranger = await bucket.open({ secretAccessKey: 'wrong' })
  expect(await failing(stranger.read('status'))).toMatch(/does not accept the access key/)
  expect(await failing(stranger.stat('status'))).toMatch(/does not accept the access key/)
  await stranger.close()
})

it('never shows a secret, even where the store echoes it', async () => {
  const other = await bucket.open({
    endpointUrl: proxy.endpoint,
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'hush-hush',
  })
  proxy.intercept = s3Fault('Odd-hush-hush-of-AKIDEXAMPLE', 400)
  const text = errorText(await other.read('status').catch((error: unknown) => error))
  expect(text).toMatch(/cannot read status/)
  expect(text).not.toMatch(/hush-hush|AKIDEXAMPLE/)
  await other.close()
})

it('tells how to install the SDK where it is missing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bandersnatch-no-sdk-'))
  const source = join(import.meta.dirname, '..', '..', 'src')
  await mkdir(join(directory, 'storage', 's3', 'client'), { recursive: true })
  // An empty package, lest one in a directory above is found.
  await mkdir(join(directory, 'node_modules', '@aws-sdk', 'client-s3'), { recursive: true })
  await writeFile(join(directory, 'package.json'), '{"type":"module"}')
  for (const file of ['errors', 'storage/s3/client/sdk']) {
    const { outputText } = ts.transpileModule(await readFile(join(source, `${file}.ts`), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 },
    })
    await writeFile(join(directory, `${file}.js`), outputText)
  }
  const code =
    'const { loadSdk } = await import("./storage/s3/client/sdk.js"); await loadSdk().catch((e) => console.log(e.name, e.exitCode, e.message))'
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: directory,
  })
  await rm(directory, { recursive: true })
  expect(stdout).toMatch(/^ConfigError 2 .*npm install @aws-sdk\/client-s3/)
})
