import { inOrder, isBefore, membersByKey } from './members.js'
import { Output } from './output.js'
import { QUOTE, TokenCopier } from './tokens.js'

/** Containers in one another; more is refused, so that a hostile document cannot overflow the stack. */
export const MAX_DEPTH = 200

const COMMA = 0x2c
const COLON = 0x3a
const SPACE = 0x20
const LIST = { open: 0x5b, close: 0x5d }
const OBJECT = { open: 0x7b, close: 0x7d }

export interface JsonLayout {
  /** keys in order of code points; otherwise where they first stand */
  readonly sorted: boolean
  /** spaces a level; undefined: all on one line */
  readonly indent: number | undefined
}

/**
 * Copies a document token by token. Keys almost always come sorted from the index, so members are written
 * as they come; an object where that proves wrong is put in order once it is complete.
 */
class Reformatter {
  /** two numbers for each member of the open objects: where it starts in the output, and where its key ends */
  private readonly members: number[] = []
  private readonly out: Output
  private readonly tokens: TokenCopier

  constructor(
    text: string,
    private readonly layout: JsonLayout,
  ) {
    this.out = new Output(Math.ceil(text.length * 1.5))
    this.tokens = new TokenCopier(text, this.out)
  }

  run(): Buffer {
    this.value(0)
    if (!Number.isNaN(this.tokens.peek())) this.tokens.fail()
    return this.out.bytes.subarray(0, this.out.length)
  }

  private value(depth: number): void {
    const code = this.tokens.peek()
    this.out.reserve(0)
    if (code === QUOTE) this.tokens.string()
    else if (code === OBJECT.open) this.object(depth + 1)
    else if (code === LIST.open) this.list(depth + 1)
    else this.tokens.numberOrWord(code)
  }

  /** Between two elements: a comma if `first` is false, then a line break or space. */
  private separate(depth: number, first: boolean): void {
    const { out, layout } = this
    if (!first) out.byte(COMMA)
    if (layout.indent !== undefined) out.newline(layout.indent * depth)
    else if (!first) out.byte(SPACE)
  }

  /** Starts a container; false when it is empty. */
  private open(kind: typeof LIST, depth: number): boolean {
    if (depth > MAX_DEPTH) this.tokens.fail(`more than ${MAX_DEPTH} levels`)
    this.tokens.skip()
    this.out.byte(kind.open)
    if (this.tokens.peek() !== kind.close) return true
    this.tokens.skip()
    this.out.byte(kind.close)
    return false
  }

  /** After an element: true when another one follows. */
  private more(close: number): boolean {
    const code = this.tokens.peek()
    if (code !== COMMA && code !== close) this.tokens.fail()
    this.tokens.skip()
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
    let ordered = this.layout.sorted
    let first = true
    do {
      this.separate(depth, first)
      if (this.tokens.peek() !== QUOTE) this.tokens.fail()
      const start = out.length
      const plain = this.tokens.string()
      const keyEnd = out.length
      if (!plain) ordered = false
      else if (ordered && !first) {
        const previous = members.length - 2
        ordered = isBefore(
          out.bytes,
          { start: members[previous] ?? 0, end: members[previous + 1] ?? 0 },
          { start, end: keyEnd },
        )
      }
      first = false
      members.push(start, keyEnd)
      if (this.tokens.peek() !== COLON) this.tokens.fail()
      this.tokens.skip()
      out.byte(COLON)
      out.byte(SPACE)
      this.value(depth)
    } while (this.more(OBJECT.close))
    if (!ordered && members.length > base + 2) this.rearrange(base, depth)
    members.length = base
    this.close(OBJECT, depth)
  }

  /** Writes the members of a complete object again: in order, and of equal keys only the last. */
  private rearrange(base: number, depth: number): void {
    const { members, out, layout } = this
    const origin = members[base] ?? 0
    const source = out.copyFrom(origin)
    const starts = members.slice(base).map((at) => at - origin)
    const separator = layout.indent === undefined ? 2 : 2 + layout.indent * depth
    out.length = origin
    for (const [index, [start, end]] of inOrder(membersByKey(source, starts, separator), layout.sorted).entries()) {
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
