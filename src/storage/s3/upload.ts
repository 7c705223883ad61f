import type { CompletedPart } from '@aws-sdk/client-s3'
import type { S3Bucket } from './bucket.js'
import { withMd5 } from './check.js'
import { failureOf } from './client/errors.js'
import { md5Of } from './client/md5.js'
import { headObject, putObject } from './objects.js'

/** An object that arrives in chunks. Nothing is visible under its key before `complete`. */
export interface Upload {
  write(chunk: Uint8Array): Promise<void>
  complete(): Promise<void>
  /** Drops what was sent. Never throws: the store forgets unfinished uploads by itself sooner or later. */
  abort(): Promise<void>
}

export interface UploadOptions {
  readonly metadata: Record<string, string>
  /** bytes, where known: larger files get larger parts */
  readonly size?: number | undefined
  /** whether an object that is sent in one request gets its MD5 as metadata, too */
  readonly keepsMd5?: boolean
}

const MIB = 1024 * 1024
/** Up to this size an object is sent in one request. */
const PART = 8 * MIB
/** S3 allows 10,000 parts. */
const MOST_PARTS = 9_000

/**
 * A multipart upload where there is more than one part, else a single PutObject: both are invisible until their
 * last request, so a digest that is known only at the end can still prevent them. One part is on its way while the
 * next one arrives: memory stays below two parts per file.
 */
export function createUpload(s3: S3Bucket, key: string, options: UploadOptions): Upload {
  const partSize = Math.max(PART, Math.ceil((options.size ?? 0) / MOST_PARTS / MIB) * MIB)
  const { keepsMd5 = false } = options
  const parts: CompletedPart[] = []
  let uploadId: string | undefined
  let pending: Uint8Array[] = []
  let pendingSize = 0
  let sending: Promise<unknown> = Promise.resolve()

  const part = (): { UploadId: string | undefined; Bucket: string; Key: string } => ({
    ...s3.place(key),
    UploadId: uploadId,
  })

  async function send(body: Buffer): Promise<void> {
    uploadId ??= (
      await s3.change(`write ${key}`, () =>
        s3.client.send(new s3.sdk.CreateMultipartUploadCommand({ ...s3.storing(key), Metadata: options.metadata })),
      )
    ).UploadId
    const PartNumber = parts.length + 1
    const { ETag } = await s3.change(`write ${key}`, () =>
      s3.client.send(new s3.sdk.UploadPartCommand({ ...part(), PartNumber, Body: body, ContentMD5: md5Of(body) })),
    )
    parts.push({ PartNumber, ...(ETag === undefined ? {} : { ETag }) })
  }

  function takePending(size: number): Buffer {
    const all = Buffer.concat(pending, pendingSize)
    pending = size < all.length ? [all.subarray(size)] : []
    pendingSize = Math.max(0, all.length - size)
    return all.subarray(0, size)
  }

  return {
    async write(chunk) {
      pending.push(chunk)
      pendingSize += chunk.length
      // All parts but the last have the same size: some stores insist on it.
      while (pendingSize > partSize) {
        await sending
        const body = takePending(partSize)
        sending = send(body)
        // Whoever awaits it next gets the error; until then it must not count as unhandled.
        sending.catch(() => undefined)
      }
    },
    async complete() {
      await sending
      const last = takePending(pendingSize)
      if (parts.length === 0) {
        await putObject(s3, key, last, keepsMd5 ? withMd5(options.metadata, last) : options.metadata)
        return
      }
      const size = parts.length * partSize + last.length
      await send(last)
      await s3.change(`write ${key}`, async () => {
        try {
          await s3.client.send(
            new s3.sdk.CompleteMultipartUploadCommand({ ...part(), MultipartUpload: { Parts: parts } }),
          )
        } catch (error) {
          // The answer to a first attempt that succeeded may have been lost.
          if (failureOf(error).code !== 'NoSuchUpload' || (await headObject(s3, key))?.size !== size) throw error
        }
      })
    },
    async abort() {
      pending = []
      pendingSize = 0
      await sending.catch(() => undefined)
      if (uploadId === undefined) return
      try {
        await s3.call(`abort the upload of ${key}`, () =>
          s3.client.send(new s3.sdk.AbortMultipartUploadCommand(part())),
        )
      } catch (error) {
        s3.log.debug(String(error))
      }
    },
  }
}

/** Unfinished uploads of runs that were killed cost money without being seen. This old, none can be of a living run. */
const LEFTOVER_MS = 24 * 3600 * 1000

/** Drops what killed runs left unfinished below a directory. Stores that cannot list such uploads are let be. */
export async function dropLeftovers(s3: S3Bucket, directory: string): Promise<void> {
  const { Bucket, Key } = s3.place(directory)
  try {
    const found = await s3.client.send(new s3.sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
    for (const { Key: key, UploadId, Initiated } of found.Uploads ?? []) {
      if (Initiated === undefined || Initiated.getTime() > Date.now() - LEFTOVER_MS) continue
      await s3.client.send(new s3.sdk.AbortMultipartUploadCommand({ Bucket, Key: key, UploadId }))
      s3.log.debug(`dropped the unfinished upload of ${String(key)}`)
    }
  } catch (error) {
    s3.log.debug(`cannot drop unfinished uploads: ${failureOf(error).code}`)
  }
}
