import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runInProcess } from '../helpers/in-process.js'
import type { Ran } from '../helpers/in-process.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { makeBucket, PREFIX } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { s3Fault, startS3Proxy } from '../helpers/s3-proxy.js'
import type { S3Proxy } from '../helpers/s3-proxy.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { publish, serveIndex, smallIndex } from './support.js'

const STORAGE = 5
const CONFIG = 2

let server: S3Server
let proxy: S3Proxy
let bucket: TestBucket
let home: string
let index: PackageIndex
let master: string

beforeAll(async () => {
  server = await startS3Server()
  proxy = await startS3Proxy(server.endpoint)
  home = mkdtempSync(join(tmpdir(), 's3-bad-input-'))
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})
beforeEach(async () => {
  proxy.intercept = undefined
  bucket = await makeBucket({ ...server, endpoint: proxy.endpoint })
  index = smallIndex(['alpha', 'beta', 'gamma'])
  master = (await serveIndex(index)).url
})

interface Changes {
  readonly directory?: string
  /** further lines of [s3] */
  readonly more?: string
  readonly edit?: readonly [string | RegExp, string]
}

async function run(
  args: readonly string[],
  { directory = `/${bucket.bucket}/${PREFIX}`, more = 'max_attempts = 1\n', edit = ['', ''] }: Changes = {},
): Promise<Ran> {
  const config = join(home, 'bandersnatch.conf')
  const text = `[mirror]\ndirectory = ${directory}\nmaster = ${master}\nallow-non-https = true\nstorage-backend = s3\n${bucket.section(more)}`
  writeFileSync(config, text.replace(...edit))
  return runInProcess(['-c', config, ...args], { cwd: home })
}

/** The one line that says why. */
function reason({ log }: Ran): string {
  return log.trimEnd().split('\n').at(-1) ?? ''
}

describe('a store that does not want ends each command with exit code 5 and one line', () => {
  it.each([
    ['a missing bucket', 'NoSuchBucket', 404, /the bucket \S+ does not exist/],
    ['an unknown key', 'InvalidAccessKeyId', 403, /does not accept the access key/],
    ['a wrong secret', 'SignatureDoesNotMatch', 403, /does not accept the access key or its secret/],
    ['an expired token', 'ExpiredToken', 400, /session token has expired/],
    ['a wrong clock', 'RequestTimeTooSkewed', 403, /clock of this machine/],
    ['throttling without end', 'SlowDown', 503, /asks to slow down after all attempts/],
  ])('%s', async (_, code, status, says) => {
    proxy.intercept = s3Fault(code, status)
    for (const args of [['mirror'], ['sync', 'alpha'], ['verify'], ['delete', 'alpha']]) {
      const ran = await run(args)
      expect([ran.exit, reason(ran)]).toEqual([STORAGE, expect.stringMatching(says)])
      expect(ran.log).not.toContain(server.secretAccessKey === 'testing' ? '\n    at ' : server.secretAccessKey)
    }
  })

  it('a wrong region', async () => {
    proxy.intercept = s3Fault('PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-central-1' })
    const ran = await run(['mirror'])
    expect([ran.exit, reason(ran)]).toEqual([
      STORAGE,
      expect.stringMatching(/lies in the region eu-central-1; set region_name/),
    ])
  })

  it('a bucket and keys that a real store does not know', async () => {
    const nowhere = await run(['mirror'], { directory: '/no-such-bucket-anywhere/mirror' })
    expect([nowhere.exit, reason(nowhere)]).toEqual([
      STORAGE,
      expect.stringMatching(/the bucket no-such-bucket-anywhere does not exist/),
    ])
    if (!server.strict) return
    const stranger = await run(['mirror'], { edit: [/^aws_secret_access_key = .*$/m, 'aws_secret_access_key = wrong'] })
    expect([stranger.exit, reason(stranger)]).toEqual([
      STORAGE,
      expect.stringMatching(/does not accept the access key/),
    ])
  })

  it('keys that may only read', async () => {
    proxy.intercept = (request, response) =>
      request.method !== 'GET' && request.method !== 'HEAD' && s3Fault('AccessDenied', 403)(request, response)
    for (const args of [['mirror'], ['sync', 'alpha'], ['verify'], ['delete', 'alpha']]) {
      const ran = await run(args)
      expect([ran.exit, reason(ran)]).toEqual([
        STORAGE,
        expect.stringMatching(/cannot lock .*is not allowed to do this/),
      ])
    }
  })

  it('nothing that listens', async () => {
    const ran = await run(['mirror'], { edit: [/^endpoint_url = .*$/m, 'endpoint_url = http://127.0.0.1:9'] })
    expect([ran.exit, reason(ran)]).toEqual([
      STORAGE,
      expect.stringMatching(/http:\/\/127\.0\.0\.1:9: nothing listens there/),
    ])
  })
})

it('a store that is gone in mid-run ends the run, and the next one goes on', async () => {
  let left = 15
  proxy.intercept = (_, response) => {
    left -= 1
    if (left < 0) response.destroy()
    return left < 0
  }
  const more = 'max_attempts = 1\nlock-expiry = 5\n'
  const ran = await run(['mirror'], { more })
  expect([ran.exit, reason(ran)]).toEqual([STORAGE, expect.stringMatching(/cannot .*: the connection broke/)])
  proxy.intercept = undefined
  await delay(7_000)
  const next = await run(['mirror'], { more })
  expect(next.exit, next.log).toBe(0)
  const keys = await bucket.keys()
  for (const name of index.projects.keys()) expect(keys).toContain(`${PREFIX}/web/simple/${name}/index.html`)
})

it('a store that asks to slow down now and then only takes longer', async () => {
  let count = 0
  proxy.intercept = (request, response) => {
    count += 1
    return count % 7 === 0 && s3Fault('SlowDown', 503)(request, response)
  }
  const ran = await run(['mirror'], { more: 'max_attempts = 10\n' })
  expect(ran.exit, ran.log).toBe(0)
  expect(count).toBeGreaterThan(14)
})

it('foreign objects below the prefix stay, but for what lies among the release files', async () => {
  const foreign = ['README', 'aaa/deep/er', 'web/logo ü+%.png', 'web/simple/favicon.ico', 'web/simple/folder/', 'zz']
  for (const key of foreign) await bucket.put(key, key.endsWith('/') ? '' : 'mine')
  await bucket.put('web/packages/notes.txt', 'mine')
  for (const args of [['mirror'], ['mirror', '--force-check'], ['verify', '--delete', '--yes']]) {
    const ran = await run(args)
    expect(ran.exit, ran.log).toBe(0)
  }
  const keys = await bucket.keys()
  for (const key of foreign) expect(keys).toContain(`${PREFIX}/${key}`)
  expect(keys).not.toContain(`${PREFIX}/web/packages/notes.txt`)
})

it('names that need encoding are stored as they are', async () => {
  publish(index, { name: 'plus', version: '1.0+local.1' })
  expect((await run(['mirror'])).exit).toBe(0)
  expect((await bucket.keys()).filter((key) => key.endsWith('plus-1.0+local.1-py3-none-any.whl'))).toHaveLength(1)
  proxy.requests.length = 0
  const ran = await run(['verify'])
  expect([ran.exit, proxy.requests.filter(({ method, url }) => method === 'PUT' && url.includes('packages'))]).toEqual([
    0,
    [],
  ])
  expect((await run(['delete', 'plus'])).exit).toBe(0)
  expect((await bucket.keys()).filter((key) => key.includes('plus'))).toEqual([])
})

it.each([
  ['signature_version = s3\n', {}, /signature_version = s3: only s3v4 is known/],
  ['config_param_ServerSideEncrypton = aws:kms\n', {}, /config_param_ServerSideEncrypton is not known/],
  ['', { edit: [/^aws_secret_access_key = .*$/m, ''] as const }, /must be given together, or neither/],
  ['', { directory: '/' }, /must be \/bucket or \/bucket\/prefix/],
  ['lock-expiry = 1\n', {}, /lock-expiry = "1": must be a whole number, 5 or more/],
])('settings that make no sense end with exit code 2: %s %o', async (more, changes, says) => {
  const ran = await run(['mirror'], { more, ...changes })
  expect([ran.exit, reason(ran)]).toEqual([CONFIG, expect.stringMatching(says)])
  expect(await bucket.keys()).toEqual([])
})
