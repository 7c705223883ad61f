import { InvalidDocumentError } from '../../errors.js'
import { compareCodePoints } from '../code-points.js'
import { pythonFloat } from './float.js'
import { Output } from './output.js'

/** Containers in one another; more is refused, so that a hostile document cannot overflow the stack. */
export const MAX_DEPTH = 200
/** Python refuses integers with more digits. */
const MAX_DIGITS = 4300
/** The most bytes that one UTF-16 unit becomes: `\uXXXX`. */
const WIDEST = 6

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const COLON = 0x3a
const BACKSLASH = 0x5c
const LIST = { open: 0x5b, close: 0x5d }
const OBJECT = { open: 0x7b, close: 0x7d }
/** After a backslash: the character that is meant. */
const ESCAPED = new Map(Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }))

export interface JsonLayout {
  /** keys in order of code points; otherwise where they first stand */
  readonly sorted: boolean
  /** spaces a level; undefined: all on one line */
  readonly indent: number | undefined
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9
}

/** Whether one key stands before another, both as plain literals in `bytes`: from the quote to after the quote. */
function isBefore(bytes: Buffer, start: number, end: number, nextStart: number, nextEnd: number): boolean {
  const shared = Math.min(end - start, nextEnd - nextStart) - 1
  for (let at = 1; at < shared; at++) {
    const step = (bytes[nextStart + at] ?? 0) - (bytes[start + at] ?? 0)
    if (step !== 0) return step > 0
  }
  return end - start < nextEnd - nextStart
}

function decode(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
}

/**
 * Copies a document token by token. Keys almost always come sorted from the index, so members are written
 * as they come; an object where that proves wrong is put in order once it is complete.
 */
class Reformatter {
  private at = 0
  /** two numbers for each member of the open objects: where it starts in the output, and where its key ends */
  private readonly members: number[] = []
  private readonly out: Output

  constructor(
    private readonly text: string,
    private readonly layout: JsonLayout,
  ) {
    this.out = new Output(Math.ceil(text.length * 1.5))
  }

  run(): Buffer {
    this.value(0)
    if (!Number.isNaN(this.peek())) this.fail()
    return this.out.bytes.subarray(0, this.out.length)
  }

  private fail(why = 'unexpected character'): never {
    throw new InvalidDocumentError(`not valid JSON: ${why} at position ${this.at} of ${this.text.length}`)
  }

  /** The next character that is not white space; NaN at the end. */
  private peek(): number {
    const { text } = this
    let at = this.at
    let code = text.charCodeAt(at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
    this.at = at
    return code
  }

  private value(depth: number): void {
    const code = this.peek()
    this.out.reserve(0)
    if (code === QUOTE) this.string()
    else if (code === OBJECT.open) this.object(depth + 1)
    else if (code === LIST.open) this.list(depth + 1)
    else if (code === MINUS || isDigit(code)) this.number()
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

  /** Copies a string literal; false if something in it is escaped. */
  private string(): boolean {
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

  /** Between two elements: a comma if `first` is false, then a line break or space. */
  private separate(depth: number, first: boolean): void {
    const { out, layout } = this
    if (!first) out.byte(COMMA)
    if (layout.indent !== undefined) out.newline(layout.indent * depth)
    else if (!first) out.byte(0x20)
  }

  /** Starts a container; false when it is empty. */
  private open(kind: typeof LIST, depth: number): boolean {
    if (depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} levels`)
    this.at++
    this.out.byte(kind.open)
    if (this.peek() !== kind.close) return true
    this.at++
    this.out.byte(kind.close)
    return false
  }

  /** After an element: true when another one follows. */
  private more(close: number): boolean {
    const code = this.peek()
    if (code !== COMMA && code !== close) this.fail()
    this.at++
    this.out.reserve(0)
    return code === COMMA
  }

  private close(kind: typeof LIST, depth: number): void {
    if (this.layout.indent !== undefined) this.out.newline(this.layout.indent * (depth - 1))
    this.out.byte(kind.close)
  }

  private list(depth: number): void {
    if (!this.open(LIST, depth)) return
    let first = true
    do {
      this.separate(depth, first)
      first = false
      this.value(depth)
    } while (this.more(LIST.close))
    this.close(LIST, depth)
  }

  private object(depth: number): void {
    if (!this.open(OBJECT, depth)) return
    const { members, out } = this
    const base = members.length
    let inOrder = this.layout.sorted
    let first = true
    do {
      this.separate(depth, first)
      if (this.peek() !== QUOTE) this.fail()
      const start = out.length
      const plain = this.string()
      const keyEnd = out.length
      if (!plain) inOrder = false
      else if (inOrder && !first) {
        const previous = members.length - 2
        inOrder = isBefore(out.bytes, members[previous] ?? 0, members[previous + 1] ?? 0, start, keyEnd)
      }
      first = false
      members.push(start, keyEnd)
      if (this.peek() !== COLON) this.fail()
      this.at++
      out.byte(COLON)
      out.byte(0x20)
      this.value(depth)
    } while (this.more(OBJECT.close))
    if (!inOrder && members.length > base + 2) this.rearrange(base, depth)
    members.length = base
    this.close(OBJECT, depth)
  }

  /** Writes the members of a complete object again: in order, and of equal keys only the last. */
  private rearrange(base: number, depth: number): void {
    const { members, out, layout } = this
    const origin = members[base] ?? 0
    const source = out.copyFrom(origin)
    const separator = layout.indent === undefined ? 2 : 2 + layout.indent * depth
    const values = new Map<string, readonly [number, number]>()
    for (let at = base; at < members.length; at += 2) {
      const start = (members[at] ?? 0) - origin
      const keyEnd = (members[at + 1] ?? 0) - origin
      const next = members[at + 2]
      const end = next === undefined ? source.length : next - origin - separator
      values.set(decode(source.toString('latin1', start, keyEnd)), [start, end])
    }
    const keys = [...values.keys()]
    if (layout.sorted) keys.sort(compareCodePoints)
    out.length = origin
    for (const [index, key] of keys.entries()) {
      const [start, end] = values.get(key) ?? [0, 0]
      if (index > 0) this.separate(depth, false)
      out.append(source, start, end)
    }
  }
}

/**
 * A JSON text laid out as Python's `json.dumps(json.loads(text), …)`: ASCII, numbers and escapes as Python
 * writes them, of equal keys the last value. NaN and Infinity, which Python takes though they are not JSON,
 * are refused. @throws InvalidDocumentError for anything but one JSON value (RFC 8259), or too deep a one
 */
export function reformat(text: string, layout: JsonLayout): Buffer {
  return new Reformatter(text, layout).run()
}

/** The form in which 8.0 stores metadata documents: `json.dump(json.loads(text), indent=4, sort_keys=True)`. */
export function reformatSorted(text: string): Buffer {
  return reformat(text, { sorted: true, indent: 4 })
}
