import * as sdk from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import { makeBucket } from '../helpers/s3-bucket.js'
import { startS3Server } from '../helpers/s3-server.js'
import type { S3Server } from '../helpers/s3-server.js'
import { storageContract } from './contract.js'

let server: S3Server

beforeAll(async () => {
  server = await startS3Server()
})

afterAll(async () => {
  await server.stop()
})

storageContract('s3', async () => {
  const made = await makeBucket(server)
  const { bucket, client } = made
  return {
    open: () => made.open(),
    listPlace: `/${bucket}/lists/changed`,
    async readList(place) {
      try {
        const answer = await client.send(
          new sdk.GetObjectCommand({ Bucket: bucket, Key: place.slice(bucket.length + 2) }),
        )
        return await answer.Body?.transformToString()
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return undefined
        throw error
      }
    },
  }
})
