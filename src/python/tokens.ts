/**
 * `broken`: Python itself would not read it. `beyond`: an expression that would have to be run (a call, an index).
 */
export class ReadingError extends Error {
  constructor(
    readonly kind: 'broken' | 'beyond',
    message: string,
  ) {
    super(message)
  }
}

const TOKEN =
  /\s*(?:([bBrRuUfF]{0,2})('''[^]*?'''|"""[^]*?"""|'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*")|(0[xX][\da-fA-F_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(\*\*|[-+*(){}[\],:.]))/y

export interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'sign'
  readonly value: string
}

/** @throws ReadingError */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end;) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null)
      throw new ReadingError('broken', `there is no sense in ${JSON.stringify(text.slice(at).trim())}`)
    const [, prefix = '', quoted, number, name, sign = ''] = match
    if (quoted !== undefined) tokens.push({ kind: 'text', value: unquote(prefix.toLowerCase(), quoted) })
    else if (number !== undefined) tokens.push({ kind: 'number', value: number.replaceAll('_', '') })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'sign', value: sign })
  }
  return tokens
}

const ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\n', ''],
])

function unquote(prefix: string, quoted: string): string {
  if (prefix.includes('f')) throw new ReadingError('beyond', 'an f-string')
  if (prefix.includes('b')) throw new ReadingError('beyond', 'a bytes literal')
  const marks = quoted.startsWith("'''") || quoted.startsWith('"""') ? 3 : 1
  const body = quoted.slice(marks, -marks)
  if (prefix.includes('r')) return body
  return body.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^])/g, (whole, code: string) => {
    if (code.length > 1) return String.fromCharCode(parseInt(code.slice(1), 16))
    return ESCAPES.get(code) ?? (/['"\\]/.test(code) ? code : whole)
  })
}
