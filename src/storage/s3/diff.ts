import type { S3Bucket } from './bucket.js'
import { isDirectory } from './list.js'
import { createUpload } from './upload.js'
import type { ListWriter } from '../types.js'

/** Lines kept in memory before they are handed to the upload. */
const PENDING_LINES = 10_000

/**
 * A list of lines at `/bucket/key`, or below it where that is a directory.
 * @throws StorageError
 */
export async function openListObject(s3: S3Bucket, place: string, nameInDirectory: string): Promise<ListWriter> {
  const plain = `/${place.replace(/^\/+|\/+$/g, '')}`
  const key = (await isDirectory(s3, plain)) ? `${plain}/${nameInDirectory}` : plain
  await s3.change(`remove ${key}`, () => s3.client.send(new s3.sdk.DeleteObjectCommand(s3.place(key))))
  const upload = createUpload(s3, key, { metadata: {} })
  let started = false
  let pending: string[] = []
  let writing: Promise<void> = Promise.resolve()

  function write(): void {
    const text = (started ? '\n' : '') + pending.join('\n')
    started = true
    pending = []
    writing = writing.then(() => upload.write(Buffer.from(text)))
    // `close` reports it.
    writing.catch(() => undefined)
  }

  return {
    add(line) {
      pending.push(line)
      if (pending.length >= PENDING_LINES) write()
    },
    async close() {
      if (pending.length > 0) write()
      try {
        await writing
        await upload.complete()
      } catch (error) {
        await upload.abort()
        throw error
      }
    },
  }
}
