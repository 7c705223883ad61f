import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measuredOf, wallRatio } from '../checks.js'
import { measure } from '../measure.js'
import { missingPrograms, objectSizes, startS3 } from '../s3-server.js'
import type { S3Place } from '../s3-server.js'
import type { Uploading } from '../s3-upload.js'
import { SEED } from '../upstreams.js'
import type { Row } from './row.js'
import { describe } from './sync.js'

const OURS = 'bandersnatch'
const LIMIT = 'the SDK uploading as many objects'
const FILE_BYTES = 10_000
/** what `verify_concurrency` is unless set */
const WIDTH = 50

/** A first sync into a bucket, beside uploading objects of the same sizes, as many at a time. */
export const s3: Row = async (lab) => {
  const missing = missingPrograms()
  if (missing.length > 0) {
    const title = `skipped: ${missing.join(', ')} not installed (Debian: radosgw, ceph-mon, ceph-osd)`
    return { title, measured: [], checks: [] }
  }
  const {
    upstreams,
    scratch,
    tools: [ours],
    options: {
      sizes: { s3Files },
    },
  } = lab
  const sized = {
    projects: Math.ceil(s3Files / 10),
    files: s3Files,
    bytes: s3Files * FILE_BYTES,
    largest: 512 * 1024,
    seed: SEED,
  }
  const stocked = await upstreams.withFiles('s3', sized)
  const server = await startS3()
  try {
    const { place } = server
    let prefixes = 0
    const next = (): string => `run-${++prefixes}`
    const mirror = (prefix: string) =>
      ours.run('s3', ['mirror'], {
        mirror: { directory: `/${place.bucket}/${prefix}`, 'storage-backend': 's3' },
        text: section(place),
      })
    const first = next()
    await lab.prepare({ name: OURS, served: stocked.served, run: () => mirror(first) })
    const sizes = await objectSizes(place, `${first}/`)
    const script = join(import.meta.dirname, '..', 's3-upload.js')
    const input = join(scratch, 's3-upload.json')
    const upload = (prefix: string) => {
      writeFileSync(input, JSON.stringify({ place, prefix, sizes, width: WIDTH } satisfies Uploading))
      return measure({ argv: [process.execPath, script, input], log: join(scratch, 's3-upload.log') })
    }
    const runs = await lab.alternate([
      { name: LIMIT, run: () => upload(next()) },
      { name: OURS, served: stocked.served, run: () => mirror(next()) },
    ])
    return {
      title: `first sync to S3, ${describe(stocked)}, ${sizes.length} objects, ${WIDTH} requests at a time`,
      measured: measuredOf(runs),
      checks: [wallRatio(runs, [OURS, LIMIT], 1.3)],
    }
  } finally {
    await server.stop()
  }
}

function section({ endpoint, accessKeyId, secretAccessKey }: S3Place): string {
  return `[s3]\nendpoint_url = ${endpoint}\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\nverify_concurrency = ${WIDTH}\n`
}
