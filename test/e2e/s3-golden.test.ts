import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadGolden } from '../helpers/golden/cases.js'
import { replayTwins } from '../helpers/golden/twins.js'
import { makeBucket } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'

const scratch = fs.mkdtempSync(join(tmpdir(), 's3-golden-'))
const golden = loadGolden(scratch)
const CASES = (process.env['S3_GOLDEN'] ?? 'basic-clean').split(',')
let server: S3Server
let bucket: TestBucket

beforeAll(async () => {
  server = await startS3Server()
  bucket = await makeBucket(server)
})
afterAll(async () => {
  await server.stop()
  fs.rmSync(scratch, { recursive: true, force: true })
})

describe('a bucket has what a mirror directory has', () => {
  const chosen = golden.cases.filter(({ name }) => CASES.includes(name) || CASES.includes('all'))
  it.concurrent.each(chosen.map((c) => [c.name, c] as const))('%s', async (name, recorded) => {
    const { differences } = await replayTwins(recorded, { ...golden, scratch: join(scratch, 'cases', name), bucket })
    expect(differences.join('\n')).toBe('')
  })
})
