import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { LockedError, StorageError } from '../../src/errors.js'
import type { Storage } from '../../src/storage/types.js'
import { makeBucket } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { s3Fault, startS3Proxy } from '../helpers/s3-proxy.js'
import type { S3Proxy } from '../helpers/s3-proxy.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { specOf } from './contract.js'

// The store tells times in whole seconds.
const TIMES = { heartbeatMs: 200, expiryMs: 2_000, settleMs: 1_000 }
const LOCK = '.bandersnatch/lock'

let server: S3Server
let proxy: S3Proxy
let bucket: TestBucket
/** Reaches the store through the proxy; the other one directly. */
let first: Storage
let second: Storage

beforeAll(async () => {
  server = await startS3Server()
  if (!server.conditional)
    throw new Error(`${server.name} has no conditional writes; this file tests the lock that needs them`)
})
afterAll(async () => {
  await server.stop()
})
beforeEach(async () => {
  proxy = await startS3Proxy(server.endpoint)
  bucket = await makeBucket(server)
  first = await bucket.open({ endpointUrl: proxy.endpoint }, { lockTimes: TIMES, timedLock: false })
  second = await bucket.open({}, { lockTimes: TIMES, timedLock: false })
})
afterEach(async () => {
  await first.close()
  await second.close()
  await proxy.close()
})

/** But what says that the store honours conditional writes. */
const keysLeft = async (): Promise<string[]> => (await bucket.keys()).filter((key) => !key.includes('/conditional-'))
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const thrown = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  )

it('is held for as long as its holder lives', async () => {
  const lock = await first.lock('mirror')
  for (let n = 0; n < 5; n++) {
    await pause(1_000)
    expect(await thrown(second.lock('mirror'))).toBeInstanceOf(LockedError)
  }
  await first.write('status', '1')
  await lock.release()
  await (await second.lock('mirror')).release()
  expect(await keysLeft()).toEqual(['some/prefix/status'])
})

it('is free after its expiry when its holder was killed, for exactly one of those who wait', async () => {
  await bucket.put(
    LOCK,
    JSON.stringify({ run: 'x', command: 'mirror', pid: 77, host: 'gone.example', since: '2026-01-01T00:00:00Z' }),
  )
  const refused = await thrown(first.lock('mirror'))
  expect(String(refused)).toMatch(
    /in use by "bandersnatch mirror" \(process 77 on gone.example, since 2026-01-01T00:00:00Z\)/,
  )
  await pause(TIMES.expiryMs + 1_200)
  const runs = [
    first,
    second,
    await bucket.open({}, { lockTimes: TIMES, timedLock: false }),
    await bucket.open({}, { lockTimes: TIMES, timedLock: false }),
  ]
  const outcomes = await Promise.allSettled(runs.map((run) => run.lock('sync')))
  const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect(won).toHaveLength(1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LockedError)
  }
  expect(bucket.log.join('\n')).toMatch(/took over the lock of "bandersnatch mirror" \(process 77/)
  await won[0]?.release()
  for (const run of runs.slice(2)) await run.close()
})

it('is taken over from a file that is no lock of ours, but not before its time', async () => {
  await bucket.put(LOCK, '')
  expect(String(await thrown(first.lock('mirror')))).toMatch(/in use by another run/)
  await pause(TIMES.expiryMs + 1_200)
  await (await first.lock('mirror')).release()
})

it('stops a run that lost it from writing anything', async () => {
  await first.lock('mirror')
  await first.write('status', '1')
  proxy.intercept = s3Fault('InternalError', 500)
  await pause(TIMES.expiryMs + 1_200)
  const lock = await second.lock('sync')
  proxy.intercept = undefined
  for (const write of [
    () => first.write('status', '2'),
    () => first.put(specOf('web/packages/a', 'a'), Buffer.from('a')),
    () => first.copy('web/simple/a', 'status'),
    () => first.remove('status'),
    () => first.removeTree(''),
    () => first.writeStream('web/simple/index.html', ['x']),
  ]) {
    const error = await thrown(write())
    expect(error).toBeInstanceOf(StorageError)
    expect(String(error)).toMatch(/the lock of the mirror was lost/)
  }
  expect(bucket.log.filter((line) => line.startsWith('lost '))).toHaveLength(1)
  expect((await second.read('status'))?.toString()).toBe('1')
  await second.write('status', '3')
  await lock.release()
})

it('is not released for another run', async () => {
  const lost = await first.lock('mirror')
  proxy.intercept = s3Fault('InternalError', 500)
  await pause(TIMES.expiryMs + 1_200)
  const lock = await second.lock('sync')
  proxy.intercept = undefined
  await lost.release()
  expect(await thrown(first.lock('mirror'))).toBeInstanceOf(LockedError)
  await lock.release()
})

it('notices at a heartbeat that it is not the holder any more', async () => {
  await first.lock('mirror')
  await bucket.put(LOCK, '{"run":"y","command":"sync","pid":7,"host":"other"}')
  await pause(1_000)
  expect(bucket.log.join('\n')).toMatch(
    /lock of the mirror was lost \(it was taken by "bandersnatch sync" \(process 7 on other\)\)/,
  )
})

it('is ours although the answer to the first attempt was lost', async () => {
  let lost = 1
  proxy.loseAnswer = ({ method }) => method === 'PUT' && lost-- > 0
  const lock = await first.lock('mirror')
  expect(await thrown(second.lock('mirror'))).toBeInstanceOf(LockedError)
  lost = 1
  await pause(2_000)
  await first.write('status', '1')
  await lock.release()
  expect(await keysLeft()).toEqual(['some/prefix/status'])
})

it('is refused by a store that ignores or does not know conditional writes', async () => {
  const ok: typeof proxy.intercept = (_, response) => {
    response.writeHead(200, { etag: '"0123"' })
    response.end()
    return true
  }
  for (const fault of [ok, s3Fault('NotImplemented', 501)]) {
    proxy.intercept = (request, response) =>
      request.method === 'PUT' && request.url.includes(LOCK) && fault(request, response)
    const error = await thrown(first.lock('mirror'))
    expect(error).toBeInstanceOf(StorageError)
    expect(String(error)).toMatch(/does not support conditional writes/)
  }
})

it('is taken over although a run was killed while it did that', async () => {
  const dead = '{"run":"y","command":"mirror","pid":1,"host":"other"}'
  const right = `.bandersnatch/lock-after-${createHash('sha256').update(dead).digest('hex').slice(0, 32)}`
  await bucket.put(LOCK, dead)
  await pause(TIMES.expiryMs + 1_200)
  await bucket.put(right, '{"run":"z","command":"sync","pid":2,"host":"other"}')
  expect(String(await thrown(first.lock('mirror')))).toMatch(/in use by "bandersnatch sync" \(process 2/)
  await pause(TIMES.expiryMs + 1_200)
  const outcomes = await Promise.allSettled([first.lock('mirror'), second.lock('mirror')])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.release()
  expect(await keysLeft()).toEqual([])
})

it('excludes other runs by waiting where that was asked for', async () => {
  // A slow machine must not make a lock expire, nor a write take half of the time to settle.
  const timed = { lockTimes: { heartbeatMs: 10_000, expiryMs: 60_000, settleMs: 4_000 }, timedLock: true }
  const runs = await Promise.all([1, 2, 3, 4].map(() => bucket.open({}, timed)))
  const outcomes = await Promise.allSettled(runs.map((run) => run.lock('mirror')))
  const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect(won).toHaveLength(1)
  await won[0]?.release()
  const again = await runs[0]?.lock('mirror')
  expect(await thrown(runs[1]?.lock('mirror') ?? Promise.resolve())).toBeInstanceOf(LockedError)
  await again?.release()
  for (const run of runs) await run.close()
})
