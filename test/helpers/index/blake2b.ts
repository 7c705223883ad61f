/**
 * BLAKE2b with a 256-bit digest (RFC 7693), from which PyPI makes the paths of its files; node:crypto has
 * the 512-bit one only. A 64-bit word is two 32-bit halves, the low one first: BigInt is far slower.
 */

const BLOCK = 128
const IV = [
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
]
/** 2.7: the order in which a round takes the message words, a hexadecimal digit each */
const SIGMA = [
  '0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8', '905724afe1bc683d',
  '2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a', '6fe9b308c2d714a5', 'a2847615fb9e3cd0',
  '0123456789abcdef', 'ea489fd61c02b753',
].map((row) => Uint32Array.from(row, (digit) => parseInt(digit, 16)))
/** where the words of columns and diagonals are, four a lane */
const LANES = Uint32Array.of(
  0, 8, 16, 24, 2, 10, 18, 26, 4, 12, 20, 28, 6, 14, 22, 30,
  0, 10, 20, 30, 2, 12, 22, 24, 4, 14, 16, 26, 6, 8, 18, 28,
)

export interface Hash {
  update(bytes: Uint8Array): void
  /** lower-case hex; the hash cannot be used afterwards */
  digest(): string
}

export function createBlake2b256(): Hash {
  const state = Uint32Array.from(IV)
  // the parameter block: 32 bytes of digest, no key, fanout 1, depth 1
  state[0] = word(state, 0) ^ 0x01010020
  const block = new Uint8Array(BLOCK)
  const view = new DataView(block.buffer)
  const message = new Uint32Array(32)
  let filled = 0
  let total = 0

  function compressBlock(last: boolean): void {
    for (let i = 0; i < 32; i++) message[i] = view.getUint32(4 * i, true)
    compress(state, message, total, last)
    filled = 0
  }

  return {
    update(bytes) {
      for (let at = 0; at < bytes.length; ) {
        // a full block waits for the next byte, as the last one is compressed differently
        if (filled === BLOCK) compressBlock(false)
        const count = Math.min(BLOCK - filled, bytes.length - at)
        block.set(bytes.subarray(at, at + count), filled)
        filled += count
        total += count
        at += count
      }
    },
    digest() {
      block.fill(0, filled)
      compressBlock(true)
      return Buffer.from(state.buffer, 0, 32).toString('hex')
    },
  }
}

function compress(state: Uint32Array, message: Uint32Array, total: number, last: boolean): void {
  const v = new Uint32Array(32)
  v.set(state)
  v.set(IV, 16)
  v[24] = word(v, 24) ^ total
  v[25] = word(v, 25) ^ Math.floor(total / 2 ** 32)
  if (last) {
    v[28] = ~word(v, 28)
    v[29] = ~word(v, 29)
  }
  for (const order of SIGMA) {
    for (let i = 0; i < 8; i++) {
      const x = 2 * word(order, 2 * i)
      const y = 2 * word(order, 2 * i + 1)
      mix(v, 4 * i, message, x, y)
    }
  }
  for (let i = 0; i < 16; i++) state[i] = word(state, i) ^ word(v, i) ^ word(v, i + 16)
}

/** The mixing function G (3.1) on the four words of `v` that LANES names at `lane`; local numbers keep it fast. */
function mix(v: Uint32Array, lane: number, message: Uint32Array, x: number, y: number): void {
  const [ia, ib, ic, id] = [word(LANES, lane), word(LANES, lane + 1), word(LANES, lane + 2), word(LANES, lane + 3)]
  let [al, ah, bl, bh] = [word(v, ia), word(v, ia + 1), word(v, ib), word(v, ib + 1)]
  let [cl, ch, dl, dh] = [word(v, ic), word(v, ic + 1), word(v, id), word(v, id + 1)]
  for (let turn = 0; turn < 2; turn++) {
    const m = turn === 0 ? x : y
    const a = al + bl + word(message, m)
    ah = (ah + bh + word(message, m + 1) + Math.floor(a / 2 ** 32)) >>> 0
    al = a >>> 0
    const [xl, xh] = [dl ^ al, dh ^ ah]
    // d turns right by 32 bits, then by 16
    dl = turn === 0 ? xh >>> 0 : ((xl >>> 16) | (xh << 16)) >>> 0
    dh = turn === 0 ? xl >>> 0 : ((xh >>> 16) | (xl << 16)) >>> 0
    const c = cl + dl
    ch = (ch + dh + Math.floor(c / 2 ** 32)) >>> 0
    cl = c >>> 0
    const [yl, yh] = [bl ^ cl, bh ^ ch]
    // b turns right by 24 bits, then by 63
    bl = turn === 0 ? ((yl >>> 24) | (yh << 8)) >>> 0 : ((yl << 1) | (yh >>> 31)) >>> 0
    bh = turn === 0 ? ((yh >>> 24) | (yl << 8)) >>> 0 : ((yh << 1) | (yl >>> 31)) >>> 0
  }
  v[ia] = al
  v[ia + 1] = ah
  v[ib] = bl
  v[ib + 1] = bh
  v[ic] = cl
  v[ic + 1] = ch
  v[id] = dl
  v[id + 1] = dh
}

function word(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
