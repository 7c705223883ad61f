import { createHash } from 'node:crypto'
import { LAYOUT } from '../../model/layout.js'
import type { S3Bucket } from './bucket.js'
import { objectPages } from './list.js'
import { putObject } from './objects.js'

/**
 * The state files of a mirror: all that lies beside `web/`. Whoever holds the lock is the only one who writes there, so
 * one listing tells which of them there are, and a run asks for none that is not there.
 */
export interface StateFiles {
  /** Lists them, once. Where there is too much beside `web/` nothing is known. */
  look(): Promise<void>
  /** From now on others may write there. */
  forget(): void
  /** Surely not there. */
  isAbsent(key: string): boolean
  /** Those whose keys begin so, as far as they are known. */
  beginning(prefix: string): string[]
  /** changes with the content; undefined where it is not known */
  version(key: string): string | undefined
  /** It was written; `etag` as the store gave it. */
  stored(key: string, etag: string | undefined): void
  removed(key: string): void
}

/** Enough for every state file and the segments of a long journal. */
const MOST_PAGES = 5
const PAGE = 200

export function createStateFiles(s3: S3Bucket): StateFiles {
  let looked: Promise<void> | undefined
  let complete = false
  const etags = new Map<string, string | undefined>()

  async function list(): Promise<void> {
    let left = MOST_PAGES
    for await (const objects of objectPages(s3, '', PAGE)) {
      for (const { key, etag } of objects) {
        // Listings are in the order of the keys, and the names of all state files come before it.
        if (key.startsWith('web/')) return void (complete = true)
        etags.set(key, etag)
      }
      left -= 1
      if (left === 0) return
    }
    complete = true
  }

  return {
    look: () => (looked ??= list()),
    forget() {
      looked = undefined
      complete = false
      etags.clear()
    },
    isAbsent: (key) => complete && isStateFile(key) && !etags.has(key),
    beginning: (prefix) => [...etags.keys()].filter((key) => key.startsWith(prefix)),
    version: (key) => (complete ? etags.get(key) : undefined),
    stored(key, etag) {
      if (isStateFile(key)) etags.set(key, etag)
    },
    removed(key) {
      etags.delete(key)
    },
  }
}

/** Not a location of its own (`/bucket/key`). */
const isStateFile = (key: string): boolean => !key.startsWith('web/') && !key.startsWith('/')

/** Whether the store is known to honour conditional writes: of Amazon's own it is, of others it is found out once. */
export interface Honoured {
  isKnown(): Promise<boolean>
  /** It was found out. */
  remember(): Promise<void>
}

/** Remembered by an empty object in the bucket, whose name holds the store's address. */
export function createHonoured(s3: S3Bucket, state: StateFiles): Honoured {
  if (s3.endpoint === undefined) return { isKnown: async () => true, remember: async () => undefined }
  const marker = `${LAYOUT.own}/conditional-${createHash('sha256').update(s3.endpoint).digest('hex').slice(0, 12)}`
  return {
    async isKnown() {
      await state.look()
      return state.version(marker) !== undefined
    },
    remember: async () => state.stored(marker, await putObject(s3, marker, new Uint8Array())),
  }
}
