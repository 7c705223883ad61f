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

/** One or two of every kind. S3_GOLDEN=all runs all that make sense, S3_GOLDEN=NAME,... others. */
const CHOSEN = [
  'allowlist-project',
  'cleanup',
  'delete-keep-versions',
  'delete-then-mirror',
  'diff-file',
  'diff-file-directory',
  'digest-md5-force-check',
  'force-check-repairs',
  'generation-old-3',
  'hash-index',
  'keep-versions-2',
  'release-files-false',
  'root-uri',
  'stop-on-error',
  'sync-clobbers-todo',
  'sync-some',
  'todo-and-status',
  'verify-delete',
  'verify-json-update-delete',
]
/** What a bucket cannot show. */
const SENSELESS: Readonly<Record<string, string>> = {
  'compare-stat': 'bytes change while size and time stay, which the store allows to nobody',
  'verify-repair-stat': 'the same',
  'verify-no-mirror': 'the directory does not exist; a prefix always does',
}
const wanted = process.env['S3_GOLDEN']?.split(',') ?? CHOSEN
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
  const chosen = golden.cases.filter(
    ({ name }) => wanted.includes(name) || (wanted.includes('all') && !Object.hasOwn(SENSELESS, name)),
  )
  it.concurrent.each(chosen.map((c) => [c.name, c] as const))('%s', async (name, recorded) => {
    const { differences } = await replayTwins(recorded, { ...golden, scratch: join(scratch, 'cases', name), bucket })
    expect(differences.join('\n')).toBe('')
  })

  it('in all the cases that are named here', () => {
    const names = golden.cases.map(({ name }) => name)
    expect([...CHOSEN, ...Object.keys(SENSELESS)].filter((name) => !names.includes(name))).toEqual([])
  })
})
