import { createHash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'

/** Base64 of a body's MD5: the one checksum that every store verifies before it stores. */
export function md5Of(body: Uint8Array | string): string {
  return createHash('md5').update(body).digest('base64')
}

/**
 * DeleteObjects needs a checksum. The SDK sends Amazon's newer ones only; many other stores, Swift among them,
 * accept nothing but Content-MD5.
 */
export function sendMd5OfDeletions(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { request } = args
      if (context['commandName'] === 'DeleteObjectsCommand' && isRequest(request)) {
        request.headers['content-md5'] = md5Of(request.body)
      }
      return next(args)
    },
    { step: 'build', name: 'sendMd5OfDeletions' },
  )
}

function isRequest(value: unknown): value is { body: string; headers: Record<string, string> } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'body' in value &&
    typeof value.body === 'string' &&
    'headers' in value &&
    typeof value.headers === 'object' &&
    value.headers !== null
  )
}
