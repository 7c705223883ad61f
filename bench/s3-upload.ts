/**
 * Uploads objects of given sizes with nothing but the SDK: what a mirror run on S3 is measured against.
 * Run as a program with the path of a JSON file.
 */
import { readFileSync } from 'node:fs'
import { loadSdk, openClient } from './s3-server.js'
import type { S3Place } from './s3-server.js'

export interface Uploading {
  readonly place: S3Place
  readonly prefix: string
  /** bytes of each object */
  readonly sizes: readonly number[]
  /** requests at a time */
  readonly width: number
}

const { place, prefix, sizes, width } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Uploading
const { PutObjectCommand } = loadSdk()
const client = openClient(place)
const pool = Buffer.alloc(Math.max(0, ...sizes), 'object')
const queue = sizes.entries()
await Promise.all(
  Array.from({ length: width }, async () => {
    for (const [number, size] of queue) {
      await client.send(
        new PutObjectCommand({ Bucket: place.bucket, Key: `${prefix}/${number}`, Body: pool.subarray(0, size) }),
      )
    }
  }),
)
client.destroy()
