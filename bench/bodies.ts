import { createCipheriv, createHash } from 'node:crypto'
import { randomNumbers, whole } from './random.js'

const POOL_BYTES = 8 << 20
const WORDS =
  'the a of package module function data value returns given when used for with from list and file path error type'

/** Makes file bodies by seed, quickly: each begins with bytes of its own, the rest are slices of one random pool. */
export interface Bodies {
  /** the bytes of a release file, in pieces; no archive, but an index cannot tell */
  release(filename: string, size: number): Generator<Buffer>
  /** text that packs about as well as a README does */
  text(about: string, size: number): string
}

export function createBodies(seed: number): Bodies {
  const key = createHash('sha256').update(`bench ${seed}`).digest()
  const pool = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(POOL_BYTES))
  const random = randomNumbers(seed)
  const words = WORDS.split(' ')
  const prose = Array.from({ length: 400_000 }, (_, at) =>
    at % 17 === 16 ? `${pool.toString('hex', at, at + 4)}.\n` : (words[whole(random, words.length)] ?? ''),
  ).join(' ')
  const place = (text: string, below: number): number =>
    createHash('md5').update(text).digest().readUInt32LE(0) % Math.max(1, below)
  return {
    *release(filename, size) {
      yield createHash('sha512').update(`${seed} ${filename}`).digest().subarray(0, size)
      for (let at = place(filename, POOL_BYTES / 2), left = size - 64; left > 0;) {
        const piece = pool.subarray(at, at + Math.min(left, POOL_BYTES - at))
        yield piece
        left -= piece.length
        at = 0
      }
    },
    text(about, size) {
      const from = place(about, prose.length - size)
      return `${about}\n${prose.slice(from, from + Math.max(0, size - about.length - 1))}`
    },
  }
}
