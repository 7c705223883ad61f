import * as sdk from '@aws-sdk/client-s3'
import type { S3Config } from '../../src/config/types.js'
import { createS3Storage } from '../../src/storage/s3/s3.js'
import type { S3Options } from '../../src/storage/s3/s3.js'
import type { Storage } from '../../src/storage/types.js'
import type { S3Server } from './s3-server.js'

/** A bucket of its own on a server, seen with the plain SDK. */
export interface TestBucket {
  readonly client: sdk.S3Client
  readonly bucket: string
  /** what was logged by the storages opened here */
  readonly log: string[]
  config(changes?: Partial<S3Config>): S3Config
  /** the same as a section of bandersnatch.conf; `more`: further lines */
  section(more?: string): string
  /** The backend at `/bucket/prefix`. */
  open(changes?: Partial<S3Config>, options?: Partial<S3Options>): Promise<Storage>
  put(key: string, body: string, more?: Partial<sdk.PutObjectCommandInput>): Promise<void>
  head(key: string): Promise<sdk.HeadObjectCommandOutput>
  keys(): Promise<string[]>
}

export const PREFIX = 'some/prefix'

let buckets = 0

export async function makeBucket(server: Omit<S3Server, 'stop'>): Promise<TestBucket> {
  const { endpoint, accessKeyId, secretAccessKey } = server
  const bucket = `test-${process.pid}-${++buckets}`
  const client = new sdk.S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  await client.send(new sdk.CreateBucketCommand({ Bucket: bucket }))
  const log: string[] = []
  const line = (level: string) => (message: string) => void log.push(`${level} ${message}`)
  const config = (changes: Partial<S3Config> = {}): S3Config => ({
    regionName: undefined,
    accessKeyId,
    secretAccessKey,
    endpointUrl: endpoint,
    signatureVersion: undefined,
    configParams: new Map(),
    verifyConcurrency: 50,
    maxAttempts: 2,
    cacheControlPackages: undefined,
    lockExpiry: 120,
    timedLock: false,
    cacheControlPages: undefined,
    ...changes,
  })
  return {
    client,
    bucket,
    log,
    config,
    section: (more = '') =>
      `\n[s3]\nendpoint_url = ${endpoint}\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n` +
      `timed-lock = ${!server.conditional}\n${more}`,
    open: (changes, options) =>
      createS3Storage(config(changes), {
        directory: `/${bucket}/${PREFIX}`,
        log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
        host: { pid: process.pid },
        onLockLost: (error) => log.push(`lost ${error.message}`),
        timedLock: !server.conditional,
        lockTimes: { heartbeatMs: 20_000, expiryMs: 120_000, settleMs: 3_000 },
        ...options,
      }),
    async put(key, body, more) {
      await client.send(
        new sdk.PutObjectCommand({ Bucket: bucket, Key: `${PREFIX}/${key}`, Body: Buffer.from(body), ...more }),
      )
    },
    head: (key) => client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: `${PREFIX}/${key}` })),
    async keys() {
      const { Contents } = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket }))
      return (Contents ?? []).map(({ Key }) => Key ?? '')
    },
  }
}
