import { createHash } from 'node:crypto'
import { createBlake2b256 } from './blake2b.js'
import { pieces } from './body.js'
import type { Body, Digests } from './types.js'

/** The three digests that PyPI gives, in one pass. */
export function digestsOf(body: Body): Digests {
  const md5 = createHash('md5')
  const sha256 = createHash('sha256')
  const blake2b256 = createBlake2b256()
  for (const piece of pieces(body)) {
    md5.update(piece)
    sha256.update(piece)
    blake2b256.update(piece)
  }
  return { md5: md5.digest('hex'), sha256: sha256.digest('hex'), blake2b256: blake2b256.digest() }
}

/** Lower-case hex. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Where PyPI keeps a file: `packages/2/2/60/filename`, after its BLAKE2b digest. */
export function packagesPath(filename: string, { blake2b256: hex }: Digests): string {
  return `packages/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}/${filename}`
}
