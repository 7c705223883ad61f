import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createRequire } from 'node:module'
import type * as sdk from '@aws-sdk/client-s3'
import { freePort } from './serve.js'

export interface S3Place {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly bucket: string
}

export interface S3Server {
  readonly place: S3Place
  stop(): Promise<void>
}

const NEEDED = ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin']
const REGION = 'us-east-1'

/** Programs of the S3 server that are not installed. */
export function missingPrograms(): string[] {
  return NEEDED.filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
}

/** Starts Ceph's gateway, kept in memory, with an empty bucket. */
export async function startS3(): Promise<S3Server> {
  const ports = [await freePort(), await freePort()].map(String)
  const child = spawn('bash', [resolve('scripts/ceph-s3.sh'), ...ports], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the S3 server ended at once'))),
  ])) as [Buffer]
  const [, endpoint = '', accessKeyId = '', secretAccessKey = ''] = line.toString().trim().split(' ')
  const place = { endpoint, accessKeyId, secretAccessKey, bucket: 'bench' }
  const { CreateBucketCommand } = loadSdk()
  await openClient(place).send(new CreateBucketCommand({ Bucket: place.bucket }))
  return {
    place,
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** The SDK that the program itself uses, wherever these tools were compiled to. */
export function loadSdk(): typeof sdk {
  return createRequire(resolve('package.json'))('@aws-sdk/client-s3') as typeof sdk
}

/** A client as its documentation has it. */
export function openClient({ endpoint, accessKeyId, secretAccessKey }: S3Place): sdk.S3Client {
  const { S3Client } = loadSdk()
  return new S3Client({
    endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
}

/** Sizes of all objects below a prefix. */
export async function objectSizes(place: S3Place, prefix: string): Promise<number[]> {
  const { paginateListObjectsV2 } = loadSdk()
  const sizes: number[] = []
  for await (const page of paginateListObjectsV2(
    { client: openClient(place) },
    { Bucket: place.bucket, Prefix: prefix },
  )) {
    for (const { Size } of page.Contents ?? []) sizes.push(Size ?? 0)
  }
  return sizes
}
