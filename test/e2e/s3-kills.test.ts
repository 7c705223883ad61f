import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { download } from '../helpers/golden/twins.js'
import { generateIndex, generatedFile } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { makeBucket } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { startS3Proxy } from '../helpers/s3-proxy.js'
import type { S3Proxy } from '../helpers/s3-proxy.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { createInspector } from './soak/inspect.js'
import type { Inspector } from './soak/inspect.js'
import { start, strayLines, writeConfig } from './soak/program.js'
import type { Ended } from './soak/program.js'
import { between, randomNumbers, soakSize } from './soak/size.js'
import { truthOf } from './soak/truth.js'
import type { Known, Truth } from './soak/truth.js'
import { serveIndex } from './support.js'

const soak = soakSize(process.env)
const KILLS = soak.pick(5, 20)
const PROJECTS = soak.pick(20, 40)
/** Sent in parts. */
const LARGE = 9_000_000
/** seconds, the least that can be configured */
const EXPIRY = 5
/** Times in a store are whole seconds, and its clock is asked by another request than the one that is timed. */
const SLACK_MS = 2_500
const MIRROR = 'mirror'
const LOCKED = 4

let server: S3Server
let proxy: S3Proxy
let scratch: string

beforeAll(async () => {
  server = await startS3Server()
  proxy = await startS3Proxy(server.endpoint)
  scratch = fs.mkdtempSync(join(tmpdir(), 's3-kills-'))
})
afterAll(async () => {
  await proxy.close()
  await server.stop()
  fs.rmSync(scratch, { recursive: true, force: true })
})

interface Stage {
  readonly bucket: TestBucket
  readonly index: PackageIndex
  readonly config: string
  readonly known: Known
  readonly truths: Map<number, Truth>
  readonly random: () => number
  /** when the last run was killed, by performance.now() */
  killedAt: number
}

/** Copies the bucket into a directory, to look at it as at any other mirror. */
async function photograph({ bucket, known, truths }: Stage): Promise<Inspector> {
  const directory = join(scratch, 'photograph')
  fs.rmSync(directory, { recursive: true, force: true })
  for (const [key, { body }] of await download(bucket, MIRROR)) {
    if (key.endsWith('.s3keep')) continue
    fs.mkdirSync(dirname(join(directory, key)), { recursive: true })
    fs.writeFileSync(join(directory, key), body)
  }
  return createInspector(directory, { known, truths })
}

/** Starts a run; while the lock of the one that was killed lasts it is refused, but no longer than that. */
async function runOnce(stage: Stage, requests: number | undefined): Promise<Ended> {
  for (;;) {
    const since = proxy.requests.length
    const running = start(['-c', stage.config, 'mirror'])
    if (requests !== undefined) {
      let over = false
      void running.ended.then(() => (over = true))
      while (!over && proxy.requests.length - since < requests) await delay(1)
      running.kill('SIGKILL')
    }
    const ended = await running.ended
    if (ended.code !== LOCKED) return ended
    const sinceKill = performance.now() - stage.killedAt
    expect(sinceKill, ended.stderr).toBeLessThan(EXPIRY * 1000 + SLACK_MS)
    await delay(Math.max(200, EXPIRY * 1000 + 1_000 - sinceKill))
  }
}

/** Runs until nothing is left to do. */
async function complete(stage: Stage): Promise<void> {
  const ended = await runOnce(stage, undefined)
  expect(ended.code, ended.stderr.slice(-2000)).toBe(0)
  const truth = stage.truths.get(stage.index.serial)
  if (truth === undefined) throw new Error('no truth')
  expect((await photograph(stage)).missing(truth)).toEqual([])
}

function change({ index, random, known, truths }: Stage, step: number): void {
  const names = [...index.projects.keys()]
  for (let count = 0; count < 5; count += 1) {
    const name = names[between(random, 0, names.length)] ?? ''
    const version = `20.${step}.${count}`
    index.publish(name, version, [
      generatedFile(name, version, { wheel: true, size: between(random, 64, 4096), seed: soak.seed }),
    ])
  }
  index.yank(names[between(random, 0, names.length)] ?? '', '1.0', 'broken')
  index.publish(`new-${step}`, '1.0', [
    generatedFile(`new-${step}`, '1.0', { wheel: false, size: 999, seed: soak.seed }),
  ])
  truths.set(index.serial, truthOf(index, known))
}

it(`a run that is killed at ${KILLS} moments leaves no page that names a missing object, and the next run completes`, async () => {
  const bucket = await makeBucket({ ...server, endpoint: proxy.endpoint })
  const index = generateIndex({ projects: PROJECTS, filesPerProject: 2, seed: soak.seed })
  index.publish('large', '1.0', [generatedFile('large', '1.0', { wheel: true, size: LARGE, seed: soak.seed })])
  const upstream = await serveIndex(index)
  const known: Known = new Map()
  const config = writeConfig(
    join(scratch, 'bandersnatch.conf'),
    { directory: `/${bucket.bucket}/${MIRROR}`, master: upstream.url, json: 'true', 'storage-backend': 's3' },
    bucket.section(`lock-expiry = ${EXPIRY}\n`),
  )
  const truths = new Map([[index.serial, truthOf(index, known)]])
  const stage: Stage = { bucket, index, config, known, truths, random: randomNumbers(soak.seed), killedAt: 0 }
  // A first run stores this many objects; the kills are to meet all parts of it.
  const whole = PROJECTS * 9
  for (let kill = 1; kill <= KILLS;) {
    const first = kill <= KILLS / 2
    if (!first) change(stage, kill)
    const ended = await runOnce(stage, between(stage.random, 1, first ? Math.ceil((3 * whole) / KILLS) : 60))
    expect(strayLines(ended.stderr)).toEqual([])
    if (ended.signal === 'SIGKILL') {
      stage.killedAt = performance.now()
      expect((await photograph(stage)).sweep(), `after kill ${kill}`).toEqual([])
      kill += 1
    } else expect(ended.code, ended.stderr.slice(-2000)).toBe(0)
    if (kill === Math.ceil(KILLS / 2) + 1) await complete(stage)
  }
  await complete(stage)
  // Nothing of the killed runs stays behind.
  const left = [...(await download(bucket, MIRROR)).keys()].filter((key) => /^todo|lock|journal/.test(key))
  expect(left).toEqual([])
}, 600_000)
