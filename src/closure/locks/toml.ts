import { parse, TomlError } from 'smol-toml'
import { LockFileError } from './types.js'
import type { Table } from './fields.js'
import { isTable } from './fields.js'

/** Deeper ones are not written by any tool. */
const DEEPEST = 64
const LARGEST = 64 * 1024 * 1024

/**
 * The document's root table.
 * @throws LockFileError with file and line for what is not TOML
 */
export function parseToml(text: string, file: string): Table {
  if (text.length > LARGEST) {
    throw new LockFileError(
      'syntax',
      { file, line: undefined },
      `${text.length} characters; at most ${LARGEST} are read`,
    )
  }
  try {
    const document: unknown = parse(text, { maxDepth: DEEPEST, unsafeKeyBehaviour: 'throw' })
    if (isTable(document)) return document
    throw new LockFileError('type', { file, line: undefined }, 'not a table')
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const what = error.message.split('\n', 1)[0] ?? ''
    throw new LockFileError('syntax', { file, line: error.line }, what, { cause: error })
  }
}

const HEADER = /\[\[?(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^"'\n\]])*\]\]?/y
const TOKEN = /"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[[\]{}\n]|[^"'#[\]{}\n]+|["']/y

/** The lines of the headers `[[name]]`, in order. */
export function headerLines(text: string, name: string): number[] {
  const lines: number[] = []
  const wanted = new RegExp(`^\\[\\[[ \\t]*(["']?)${name}\\1[ \\t]*\\]\\]$`)
  let [at, line, depth] = [0, 1, 0]
  let isStart = true
  while (at < text.length) {
    const quotes = text.slice(at, at + 3)
    let token: string | undefined
    if (quotes === '"""' || quotes === "'''") token = multiline(text, at, quotes)
    else if (isStart && depth === 0 && quotes.startsWith('[')) token = matchAt(HEADER, text, at)
    const isHeader = token !== undefined && quotes.startsWith('[')
    token ??= matchAt(TOKEN, text, at) ?? text.charAt(at)
    if (isHeader && wanted.test(token)) lines.push(line)
    if (token === '[' || token === '{') depth++
    if (token === ']' || token === '}') depth--
    isStart = token === '\n' || (isStart && token.trim() === '')
    line += token === '\n' ? 1 : token.startsWith(quotes) && quotes.length === 3 ? token.split('\n').length - 1 : 0
    at += token.length
  }
  return lines
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function multiline(text: string, start: number, quotes: string): string {
  for (let at = text.indexOf(quotes, start + 3); at >= 0; at = text.indexOf(quotes, at + 1)) {
    const backslashes = /\\*$/.exec(text.slice(start + 3, at))?.[0].length ?? 0
    if (quotes === "'''" || backslashes % 2 === 0) return text.slice(start, at + 3)
  }
  return text.slice(start)
}
