import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { Body } from './types.js'

const CHUNK = 256 * 1024
const BLOCK = 4096

export function memoryBody(bytes: Buffer): Body {
  return { size: bytes.length, read: (start, end) => bytes.subarray(start, end) }
}

/** A file on disk, opened for each read so that nothing has to be closed. */
export function fileBody(path: string): Body {
  return {
    size: statSync(path).size,
    read(start, end) {
      const bytes = Buffer.alloc(end - start)
      const descriptor = openSync(path, 'r')
      try {
        const length = readSync(descriptor, bytes, 0, bytes.length, start)
        if (length !== bytes.length) throw new Error(`${path} is shorter than it was`)
      } finally {
        closeSync(descriptor)
      }
      return bytes
    },
  }
}

/** `size` bytes that depend on `seed` alone: made when they are read and kept nowhere. */
export function generatedBody(seed: string, size: number): Body {
  return {
    size,
    read(start, end) {
      const block = createHash('shake256', { outputLength: BLOCK }).update(seed).digest()
      const offset = start % BLOCK
      const repeated = Buffer.alloc(offset + end - start, block)
      return repeated.subarray(offset)
    },
  }
}

/** The bytes from `start` up to `end`, in pieces. */
export function* pieces(body: Body, start = 0, end = body.size): Generator<Buffer> {
  for (let at = start; at < end; at += CHUNK) yield body.read(at, Math.min(at + CHUNK, end))
}
