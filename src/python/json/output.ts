/** The most bytes written between two calls of `reserve`, but for strings and indentation. */
const SLACK = 64

const BACKSLASH = 0x5c
const SPACE = 0x20
const HEX = Buffer.from('0123456789abcdef')
/** Characters with a short escape: the character and the letter that stands for it. */
const SHORT = [...'""\\\\\bb\ff\nn\rr\tt'].map((char) => char.charCodeAt(0))

/** What a control character, quote or backslash is escaped with; 0 where there is no short escape. */
const LETTER = new Uint8Array(128)
for (let at = 0; at < SHORT.length; at += 2) LETTER[SHORT[at] ?? 0] = SHORT[at + 1] ?? 0

/** ASCII bytes that grow as they are written. `bytes` beyond `length` are garbage. */
export class Output {
  bytes: Buffer
  length = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity + SLACK)
  }

  /** Makes room for `count` bytes and some more. */
  reserve(count: number): void {
    const needed = this.length + count + SLACK
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  /** Writes one byte into room that was reserved. */
  byte(code: number): void {
    this.bytes[this.length++] = code
  }

  /** Tokens are short: a loop beats a call into Node. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { bytes } = this
    let end = this.length
    for (let at = 0; at < text.length; at++) bytes[end++] = text.charCodeAt(at)
    this.length = end
  }

  /** Writes one UTF-16 unit as it stands in a string literal, into room that was reserved. */
  unit(code: number): void {
    const letter = LETTER[code] ?? 0
    if (letter !== 0) {
      this.byte(BACKSLASH)
      this.byte(letter)
    } else if (code >= 0x20 && code < 0x7f) {
      this.byte(code)
    } else {
      this.byte(BACKSLASH)
      this.byte(0x75)
      for (let shift = 12; shift >= 0; shift -= 4) this.byte(HEX[(code >> shift) & 15] ?? 0)
    }
  }

  /** A line break and spaces. */
  newline(spaces: number): void {
    this.reserve(spaces)
    const { bytes } = this
    let end = this.length
    bytes[end++] = 0x0a
    for (let left = spaces; left > 0; left--) bytes[end++] = SPACE
    this.length = end
  }

  /** The bytes from `start` on, copied. */
  copyFrom(start: number): Buffer {
    return Buffer.from(this.bytes.subarray(start, this.length))
  }

  append(source: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    this.length += source.copy(this.bytes, this.length, start, end)
  }
}
