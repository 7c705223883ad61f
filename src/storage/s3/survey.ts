import type { S3Bucket } from './bucket.js'
import { walkObjects } from './list.js'

/** What a run knows of the objects below a directory without asking for each. */
export interface Survey {
  /** Lists them, unless that takes more requests than this. */
  look(requests: number): Promise<void>
  /** Surely not there. false where that is not known. */
  isMissing(key: string): boolean
  /** A reader may now find it. */
  stored(key: string): void
}

const PAGE = 1000
/** A mirror of all of PyPI has some sixteen million files: then one missing file in ten is asked for all the same. */
const BITS = 1 << 27

/** One bit for each hash of a key; memory that is not touched costs nothing. */
export function createSurvey(s3: S3Bucket, directory: string): Survey {
  let present: Uint8Array | undefined
  return {
    async look(requests) {
      if (present !== undefined || requests < 1) return
      const found = new Uint8Array(BITS / 8)
      let left = requests * PAGE
      for await (const { key } of walkObjects(s3, directory)) {
        left -= 1
        // There may be exactly so many.
        if (left < 0) return
        set(found, key)
      }
      present = found
    },
    isMissing: (key) => present !== undefined && key.startsWith(`${directory}/`) && !has(present, key),
    stored(key) {
      if (present !== undefined) set(present, key)
    },
  }
}

function set(bits: Uint8Array, key: string): void {
  const at = hash(key)
  bits[at >>> 3] = (bits[at >>> 3] ?? 0) | (1 << (at & 7))
}

function has(bits: Uint8Array, key: string): boolean {
  const at = hash(key)
  return ((bits[at >>> 3] ?? 0) & (1 << (at & 7))) !== 0
}

/** FNV-1a, mixed so that its lower bits depend on all of the key. */
function hash(key: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < key.length; at++) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  return (value ^ (value >>> 13)) & (BITS - 1)
}
