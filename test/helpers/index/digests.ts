import { createHash } from 'node:crypto'
import { pieces } from './body.js'
import type { Body, Digests } from './types.js'

/** The digests that node:crypto can make of those that PyPI gives, in one pass. */
export function digestsOf(body: Body): Digests {
  const md5 = createHash('md5')
  const sha256 = createHash('sha256')
  for (const piece of pieces(body)) {
    md5.update(piece)
    sha256.update(piece)
  }
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex') }
}

/** Lower-case hex. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Where the index keeps a file: `packages/2/2/60/filename`, as PyPI does, but after its SHA-256 instead of its BLAKE2b digest. */
export function packagesPath(filename: string, { sha256: hex }: Digests): string {
  return `packages/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}/${filename}`
}
