import { UpstreamError } from '../errors.js'
import type { BodyReader } from './types.js'

/** Longer than any entry of the list, or all that stands around it, has reason to be. */
const LONGEST_PIECE = 1024 * 1024
const DEEPEST = 64

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Reads the PEP 691 list of projects as it arrives. The list is long (886,000 entries, 44 MB): only its
 * brackets, commas and strings are looked at here, and JSON.parse gets the entries of one chunk at a time,
 * so that neither the text nor its objects are ever in memory together.
 * @param onEntries gets the parsed entries of `projects`, in order
 * @returns `around`: the document with an empty `projects`, once `end` was called
 */
export function createListScanner(
  onEntries: (entries: unknown[]) => void,
  shown: string,
): BodyReader & { readonly around: () => unknown } {
  let rest: Buffer = Buffer.alloc(0)
  let outer = ''
  let around: unknown
  let depth = 0
  let inString = false
  let escaped = false
  let inList = false
  let met = false

  const wrong = (what: string, cause?: unknown): UpstreamError =>
    new UpstreamError('content', `${shown}: ${what}`, undefined, { cause })

  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw wrong('not a valid JSON list of projects', cause)
    }
  }
  const emit = (bytes: Buffer): void => {
    const entries = parse(`[${bytes.toString('utf8')}]`)
    if (Array.isArray(entries)) onEntries(entries)
  }

  /** Whether the bracket at `at` opens the value of the key `projects`. */
  const opensList = (bytes: Buffer, from: number, at: number): boolean =>
    /"projects"\s*:\s*$/.test(bytes.toString('latin1', Math.max(from, at - 64), at))

  return {
    write(chunk) {
      const bytes =
        rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk])
      let from = 0
      let comma = -1
      if (depth === 0 && !met && /^\s*[^\s{]/.test(bytes.toString('latin1', 0, 64))) throw wrong('not a JSON object')
      for (let at = rest.length; at < bytes.length; at += 1) {
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
            emit(bytes.subarray(from, at))
            from = at
            comma = -1
            inList = false
          }
        }
      }
      if (comma >= from) {
        emit(bytes.subarray(from, comma))
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
