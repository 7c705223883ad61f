import { UpstreamError } from '../errors.js'
import type { BodyReader } from './types.js'

/** Longer than any entry of the list, or all that stands around it, has reason to be. */
const LONGEST_PIECE = 1024 * 1024
const DEEPEST = 64

const BLANK = '[ \\t\\r\\n]*'
const SERIAL = `"_last-serial"${BLANK}:${BLANK}(0|[1-9]\\d{0,14})`
const NAME = `"name"${BLANK}:${BLANK}"([ !#-[\\]-~]+)"`
const SEPARATOR = `${BLANK},${BLANK}`
const PLAIN_KEYS = `(?:${SERIAL}${SEPARATOR}${NAME}|${NAME}${SEPARATOR}${SERIAL})`
/** An entry as PyPI writes it, and the comma behind it: taken as it is, which is much faster than JSON.parse. */
const PLAIN_ENTRY = `${BLANK}\\{${BLANK}${PLAIN_KEYS}${BLANK}\\}${BLANK},`

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Gets the entries of `projects`, in order. */
export interface ListHandler {
  /** an entry that has these two keys only, neither malformed */
  onProject(name: string, serial: number): void
  /** any others, parsed */
  onEntries(entries: readonly unknown[]): void
}

/**
 * Reads the PEP 691 list of projects as it arrives. The list is long (886,000 entries, 44 MB): entries in
 * PyPI's shape are met by a regular expression; of others only brackets, commas and strings are looked at
 * here, and JSON.parse gets those of one chunk at a time.
 * @returns `around`: the document with an empty `projects`, once `end` was called
 */
export function createListScanner(
  handler: ListHandler,
  shown: string,
): BodyReader & { readonly around: () => unknown } {
  const plainEntry = new RegExp(PLAIN_ENTRY, 'y')
  let rest: Buffer = Buffer.alloc(0)
  let outer = ''
  let around: unknown
  let depth = 0
  let inString = false
  let escaped = false
  let inList = false
  let met = false
  /** the last entry so far has a comma behind it */
  let owed = false

  const wrong = (what: string, cause?: unknown): UpstreamError =>
    new UpstreamError('content', `${shown}: ${what}`, undefined, { cause })

  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw wrong('not a valid JSON list of projects', cause)
    }
  }
  const emit = (bytes: Buffer, commaFollows: boolean): void => {
    const entries = parse(`[${bytes.toString('utf8')}]`)
    if (!Array.isArray(entries)) return
    if (entries.length === 0 && (owed || commaFollows)) throw wrong('a comma without an entry')
    owed = commaFollows
    handler.onEntries(entries)
  }
  /** Takes the plain entries that `bytes` begins with; returns where the first other one begins. */
  const takePlain = (bytes: Buffer): number => {
    const text = bytes.toString('latin1')
    let taken = 0
    plainEntry.lastIndex = 0
    for (let entry = plainEntry.exec(text); entry !== null; entry = plainEntry.exec(text)) {
      taken = plainEntry.lastIndex
      handler.onProject(entry[2] ?? entry[3] ?? '', Number(entry[1] ?? entry[4]))
    }
    return taken
  }

  /** Whether the bracket at `at` opens the value of the key `projects`. */
  const opensList = (bytes: Buffer, from: number, at: number): boolean =>
    /"projects"\s*:\s*$/.test(bytes.toString('latin1', Math.max(from, at - 64), at))

  return {
    write(chunk) {
      const bytes =
        rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk])
      let comma = -1
      let from = inList ? takePlain(bytes) : 0
      if (from > 0) {
        // What was looked at before belongs to an entry that is done with.
        owed = true
        depth = 2
        inString = false
        escaped = false
      }
      if (depth === 0 && !met && /^\s*[^\s{]/.test(bytes.toString('latin1', 0, 64))) throw wrong('not a JSON object')
      for (let at = Math.max(rest.length, from); at < bytes.length; at += 1) {
        const byte = bytes[at]
        if (inString) {
          if (escaped) escaped = false
          else if (byte === BACKSLASH) escaped = true
          else if (byte === QUOTE) inString = false
        } else if (byte === QUOTE) {
          inString = true
        } else if (byte === COMMA) {
          if (inList && depth === 2) comma = at
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth += 1
          if (depth > DEEPEST) throw wrong('nested too deep')
          if (byte === OPEN_BRACKET && depth === 2 && !inList && opensList(bytes, from, at)) {
            outer += bytes.toString('utf8', from, at + 1)
            from = at + 1
            inList = true
            met = true
          }
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          depth -= 1
          if (inList && depth === 1) {
            emit(bytes.subarray(from, at), false)
            from = at
            comma = -1
            inList = false
          }
        }
      }
      if (comma >= from) {
        emit(bytes.subarray(from, comma), true)
        from = comma + 1
      }
      rest = bytes.subarray(from)
      if (rest.length > LONGEST_PIECE) throw wrong(inList ? 'an entry of the list is too long' : 'no list of projects')
    },
    end() {
      if (depth !== 0 || inString) throw wrong('the list of projects is cut off')
      around = parse(outer + rest.toString('utf8'))
      if (!met) throw wrong('no list of projects')
    },
    around: () => around,
  }
}
