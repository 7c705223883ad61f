import * as sdk from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import { makeBucket } from '../helpers/s3-bucket.js'
import type { TestBucket } from '../helpers/s3-bucket.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { describeFaults } from './faults/both-storages.js'
import { createMirror } from './faults/support.js'
import type { Place } from './faults/support.js'

const PREFIX = 'mirror'
let server: S3Server

beforeAll(async () => {
  server = await startS3Server()
})
afterAll(() => server.stop())

/** A bucket of its own for each mirror. */
function bucketPlace(own: TestBucket): Place {
  const { client, bucket } = own
  const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: bucket, Key: `${PREFIX}/${key}` })
  return {
    directory: `/${bucket}/${PREFIX}`,
    section: own.section(),
    options: 'storage-backend = s3\n',
    async keys() {
      const found: string[] = []
      for await (const { Contents } of sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${PREFIX}/` }))
        for (const { Key = '' } of Contents ?? [])
          if (!Key.endsWith('.s3keep')) found.push(Key.slice(PREFIX.length + 1))
      return found.sort()
    },
    async read(key) {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand(at(key)))
        return Body?.transformToString()
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return undefined
        throw error
      }
    },
    async write(key, text) {
      // What damages an object leaves what is noted beside it.
      const { Metadata } = await client.send(new sdk.HeadObjectCommand(at(key)))
      await client.send(new sdk.PutObjectCommand({ ...at(key), Body: Buffer.from(text), Metadata }))
    },
    async erase(key) {
      await client.send(new sdk.DeleteObjectCommand(at(key)))
    },
  }
}

describeFaults(async (master, options) => createMirror(master, options, bucketPlace(await makeBucket(server))))
