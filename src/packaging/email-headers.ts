/** One header of a message: its name as written and its value. */
export interface Header {
  readonly name: string
  /** without blanks before it and line ends behind it; the line ends of a folded value stay in it */
  readonly value: string
  /** false: the bytes are not UTF-8, and `value` takes each of them for a character (Latin-1) */
  readonly isUtf8: boolean
}

const LINE = /[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/y
/** What can begin a line of the header block; the first other line ends the block. */
const HEADER_LINE = /^(?:From |[!-9;-~]*:|[\t ])/

/**
 * The headers of a message in the email format, as Python's email package reads them from bytes: lines end with
 * CR, LF or both, lines that begin with a blank go on with the value before them, and the header block ends
 * at an empty line or at one that is no header.
 */
export function readHeaders(bytes: Buffer): Header[] {
  const text = bytes.toString('latin1')
  const headers: { name: string; value: string }[] = []
  let isFolding = false
  for (const line of headerLines(text)) {
    const last = headers.at(-1)
    if (/^[\t ]/.test(line)) {
      // A line that goes on with nothing is passed over.
      if (isFolding && last !== undefined) last.value += line
      continue
    }
    isFolding = false
    const colon = line.indexOf(':')
    // `From ` begins a mailbox, wherever it stands.
    if (colon === 0 || line.startsWith('From ')) continue
    headers.push({ name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^[ \t]+/, '') })
    isFolding = true
  }
  return headers.map(({ name, value }) => ({ name, ...decode(value.replace(/[\r\n]+$/, '')) }))
}

function headerLines(text: string): string[] {
  const lines: string[] = []
  LINE.lastIndex = 0
  for (let match = LINE.exec(text); match !== null; match = LINE.exec(text)) {
    if (!HEADER_LINE.test(match[0])) break
    lines.push(match[0])
  }
  return lines
}

function decode(latin1: string): { value: string; isUtf8: boolean } {
  if (!/[\x80-\xff]/.test(latin1)) return { value: latin1, isUtf8: true }
  try {
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'))
    return { value, isUtf8: true }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { value: latin1, isUtf8: false }
  }
}
