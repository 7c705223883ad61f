import { inject } from 'vitest'
import type { S3Place } from './lanes/s3.js'

/** A real S3 server on loopback, and keys that it accepts. */
export interface S3Server extends S3Place {
  stop(): Promise<void>
}

/** The server of the s3 lane: one for all test files, started and stopped by lanes/s3.ts. Use a bucket of your own. */
export async function startS3Server(): Promise<S3Server> {
  return { ...inject('s3'), stop: async () => undefined }
}
