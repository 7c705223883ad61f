import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { FileSpec } from '../../model/files.js'
import { LAYOUT } from '../../model/layout.js'
import type { S3Bucket } from './bucket.js'
import { fileMetadata } from './check.js'
import { assertDigest } from './objects.js'
import { createUpload, dropLeftovers } from './upload.js'
import type { Upload } from './upload.js'
import type { FileReceiver } from '../types.js'

/** A file on its way in: sent to the store and hashed as it arrives. */
interface Arrival {
  upload: Upload
  hash: Hash
  held: number
  validator: string | undefined
}

export interface Receivers {
  receive(spec: FileSpec): Promise<FileReceiver>
  /** Drops everything that is held. */
  close(): Promise<void>
}

/** Files held between two attempts; each may keep two parts in memory. */
const MOST_HELD = 8

/**
 * Large files. What has arrived is held between the attempts of one run: a hash cannot be taken up again from parts
 * that lie in the store, so a run that was killed starts such a file anew.
 */
export function createReceivers(s3: S3Bucket): Receivers {
  const held = new Map<string, Arrival>()
  let tidied: Promise<void> | undefined

  function arrival(spec: FileSpec): Arrival {
    return {
      upload: createUpload(s3, spec.key, { metadata: fileMetadata(spec), size: spec.size, keepsMd5: true }),
      hash: createHash(spec.digest.name),
      held: 0,
      validator: undefined,
    }
  }

  async function keep(name: string, current: Arrival): Promise<void> {
    held.set(name, current)
    const [oldest] = held
    if (held.size <= MOST_HELD || oldest === undefined) return
    held.delete(oldest[0])
    await oldest[1].upload.abort()
  }

  return {
    async receive(spec) {
      await (tidied ??= dropLeftovers(s3, LAYOUT.packages))
      const name = `${spec.key} ${spec.digest.hex}`
      let current = held.get(name) ?? arrival(spec)
      held.delete(name)
      return {
        get held() {
          return current.held
        },
        get validator() {
          return current.validator
        },
        async begin(answer) {
          if (!answer.resumed && current.held > 0) {
            await current.upload.abort()
            current = arrival(spec)
          }
          current.validator = answer.validator
        },
        async write(chunk) {
          current.hash.update(chunk)
          current.held += chunk.length
          // The caller may use the chunk's memory again.
          await current.upload.write(Buffer.from(chunk))
        },
        async commit() {
          try {
            assertDigest(spec, current.hash.digest('hex'))
            await current.upload.complete()
          } catch (error) {
            await current.upload.abort()
            throw error
          }
        },
        async abort(keepIt) {
          if (keepIt && current.held > 0 && current.validator !== undefined) await keep(name, current)
          else await current.upload.abort()
        },
      }
    },
    async close() {
      for (const { upload } of held.values()) await upload.abort()
      held.clear()
    },
  }
}
