import type { Digest } from './project.js'

/** Digest names as Python's hashlib spells them -> as Node's crypto does. */
const NODE_NAMES: ReadonlyMap<string, string> = new Map([
  ...['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sm3', 'ripemd160'].map((n): [string, string] => [n, n]),
  ['blake2b', 'blake2b512'],
  ['blake2s', 'blake2s256'],
  ['sha3_224', 'sha3-224'],
  ['sha3_256', 'sha3-256'],
  ['sha3_384', 'sha3-384'],
  ['sha3_512', 'sha3-512'],
  ['sha512_224', 'sha512-224'],
  ['sha512_256', 'sha512-256'],
  ['md5-sha1', 'md5-sha1'],
])

/** Node's name of a digest; undefined where we cannot compute it. */
export function nodeDigestName(name: string): string | undefined {
  return NODE_NAMES.get(name)
}

/** Which digest verifies a release file: sha256 wherever upstream gives it, then the stronger of the others. */
const STRENGTH = ['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5']

/** The digest that verifies a file; undefined where there is none that can be computed. */
export function verifyingDigest(digests: ReadonlyMap<string, string>): Digest | undefined {
  const others = [...digests.keys()].filter((name) => nodeDigestName(name) !== undefined).sort()
  for (const name of [...STRENGTH, ...others]) {
    const hex = digests.get(name)
    if (hex !== undefined) return { name, hex }
  }
  return undefined
}

/**
 * The digest that decides over a core metadata file: the configured one, else sha256, else any that
 * can be computed, by name. Undefined where upstream gives none: then there is nothing to verify.
 */
export function pickDigest(digests: ReadonlyMap<string, string>, preferred: string): Digest | undefined {
  for (const name of [preferred, 'sha256', ...[...digests.keys()].sort()]) {
    const hex = digests.get(name)
    if (hex !== undefined && nodeDigestName(name) !== undefined) return { name, hex }
  }
  return undefined
}
