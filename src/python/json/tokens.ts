import { InvalidDocumentError } from '../../errors.js'
import { pythonFloat } from './float.js'
import type { Output } from './output.js'

/** Python refuses integers with more digits. */
const MAX_DIGITS = 4300
/** The most bytes that one UTF-16 unit becomes: `\uXXXX`. */
const WIDEST = 6

export const QUOTE = 0x22
const MINUS = 0x2d
const ZERO = 0x30
const BACKSLASH = 0x5c
/** After a backslash: the character that is meant. */
const ESCAPED = new Map(Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }))

function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9
}

/** Reads a JSON text token by token, and writes each token as Python writes it. */
export class TokenCopier {
  private at = 0

  constructor(
    private readonly text: string,
    private readonly out: Output,
  ) {}

  /** @throws InvalidDocumentError with the position reached */
  fail(why = 'unexpected character'): never {
    throw new InvalidDocumentError(`not valid JSON: ${why} at position ${this.at} of ${this.text.length}`)
  }

  /** The next character that is not white space; NaN at the end. */
  peek(): number {
    const { text } = this
    let at = this.at
    let code = text.charCodeAt(at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
    this.at = at
    return code
  }

  /** Passes over one character without writing it. */
  skip(): void {
    this.at++
  }

  /** Copies a number, `true`, `false` or `null`. `code`: its first character, as `peek` gave it. */
  numberOrWord(code: number): void {
    if (code === MINUS || isDigit(code)) this.number()
    else if (code === 0x74) this.word('true')
    else if (code === 0x66) this.word('false')
    else this.word('null')
  }

  private word(word: string): void {
    if (!this.text.startsWith(word, this.at)) this.fail()
    this.at += word.length
    this.out.ascii(word)
  }

  private number(): void {
    const { text } = this
    const start = this.at
    const first = text.charCodeAt(start) === MINUS ? start + 1 : start
    let end = first
    while (isDigit(text.charCodeAt(end))) end++
    const digits = end - first
    const next = text.charCodeAt(end)
    if (next === 0x2e || next === 0x65 || next === 0x45) return this.float(start)
    if (digits === 0 || (digits > 1 && text.charCodeAt(first) === ZERO)) this.fail()
    if (digits > MAX_DIGITS) this.fail('too large a number')
    const token = text.slice(start, end)
    this.at = end
    this.out.ascii(token === '-0' ? '0' : token)
  }

  private float(start: number): void {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
    pattern.lastIndex = start
    const [token] = pattern.exec(this.text) ?? this.fail()
    this.at += token.length
    this.out.ascii(/[.eE]/.test(token) ? pythonFloat(Number(token)) : this.fail())
  }

  /** Copies a string literal. @returns whether nothing in it is escaped */
  string(): boolean {
    const { text, out } = this
    let plain = true
    this.at++
    out.byte(QUOTE)
    for (;;) {
      out.reserve(WIDEST)
      const { bytes } = out
      let at = this.at
      let end = out.length
      const stop = Math.min(text.length, at + bytes.length - end)
      let code = 0
      while (at < stop) {
        code = text.charCodeAt(at)
        if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) break
        bytes[end++] = code
        at++
      }
      this.at = at
      out.length = end
      if (at === text.length) this.fail('unterminated string')
      if (at === stop) continue
      if (code === QUOTE) break
      if (code < 0x20) this.fail('control character in a string')
      out.reserve(WIDEST)
      out.unit(code === BACKSLASH ? this.escape() : code)
      this.at++
      plain = false
    }
    this.at++
    out.reserve(1)
    out.byte(QUOTE)
    return plain
  }

  /** The unit that an escape stands for; ends on the escape's last character. */
  private escape(): number {
    const letter = this.text.charAt(++this.at)
    const char = ESCAPED.get(letter)
    if (char !== undefined) return char.charCodeAt(0)
    const hex = this.text.slice(this.at + 1, this.at + 5)
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) this.fail('invalid escape')
    this.at += 4
    return parseInt(hex, 16)
  }
}
