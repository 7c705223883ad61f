/** A field of a line: which, and how it is written. */
export interface LogField {
  readonly field: string
  /** as in Python's `%` formatting; `s` for a text */
  readonly conversion: 's' | 'r' | 'd' | 'f'
  readonly align: 'left' | 'right' | 'center'
  readonly fill: string
  /** characters */
  readonly width: number
  /** digits after the point, or the most characters of a text */
  readonly precision: number | undefined
  readonly sign: '' | '+' | ' '
}

/** What a formatter of a Python logging file makes of a record. */
export interface LogLineFormat {
  readonly pieces: readonly (string | LogField)[]
  /** for strftime; undefined for Python's own form with milliseconds */
  readonly datefmt: string | undefined
}

export interface FormatReading {
  readonly pieces: LogLineFormat['pieces']
  /** Python would not take it */
  readonly problem?: string
  /** what is in it but cannot be honoured */
  readonly beyond: readonly string[]
}

const TEXT_FIELDS = new Set([
  'asctime',
  'filename',
  'funcName',
  'levelname',
  'message',
  'module',
  'name',
  'pathname',
  'processName',
  'taskName',
  'threadName',
])
const NUMBER_FIELDS = new Set(['created', 'levelno', 'lineno', 'msecs', 'process', 'relativeCreated', 'thread'])
/** Fields of Python's source code, which this program has none of. */
const SOURCE_FIELDS = new Set(['filename', 'funcName', 'lineno', 'module', 'pathname', 'taskName'])

const PERCENT = /%(?:\((\w*)\)([-#0 +]*)(\d+)?(?:\.(\d+))?([a-zA-Z])|(%)|(.?))/gs
const BRACE = /(\{\{|\}\})|\{(\w+)(?:!([rsa]))?(?::([^{}]*))?\}|([{}])/g
const BRACE_SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(0)?(\d+)?(?:\.(\d+))?([sdfFiu])?$/
const DOLLAR = /\$(?:(\$)|(\w+)|\{(\w+)\}|(.?))/gs

/** Reads the `format` of a formatter in one of Python's three styles. https://docs.python.org/3/library/logging.html#logrecord-attributes */
export function readFormat(format: string, style: string): FormatReading {
  if (style === '{') return readWith(format, BRACE, braceField)
  return style === '$' ? readWith(format, DOLLAR, dollarField) : readWith(format, PERCENT, percentField)
}

type Piece = string | LogField | { readonly problem: string }
type FieldOf = (match: RegExpExecArray, beyond: Set<string>) => Piece

function readWith(format: string, pattern: RegExp, fieldOf: FieldOf): FormatReading {
  const pieces: (string | LogField)[] = []
  const beyond = new Set<string>()
  let end = 0
  for (const match of format.matchAll(pattern)) {
    if (match.index > end) pieces.push(format.slice(end, match.index))
    end = match.index + match[0].length
    const piece = fieldOf(match, beyond)
    if (typeof piece === 'object' && 'problem' in piece) return { pieces, problem: piece.problem, beyond: [] }
    pieces.push(piece)
  }
  if (end < format.length) pieces.push(format.slice(end))
  const fields = pieces.filter((piece) => typeof piece === 'object')
  for (const { field, conversion } of fields) {
    if (!TEXT_FIELDS.has(field) && !NUMBER_FIELDS.has(field))
      return { pieces, problem: `there is no field ${JSON.stringify(field)}`, beyond: [] }
    const number = conversion === 'd' || conversion === 'f'
    if (number && TEXT_FIELDS.has(field)) return { pieces, problem: `${field} is a text and no number`, beyond: [] }
    if (SOURCE_FIELDS.has(field)) beyond.add(field)
  }
  return { pieces, beyond: [...beyond] }
}

function percentField(match: RegExpExecArray, beyond: Set<string>): Piece {
  const [whole, field, flags = '', width = '0', precision, letter = '', percent] = match
  if (percent !== undefined) return '%'
  if (field === undefined) return { problem: `${JSON.stringify(whole)} is no field` }
  const conversion = conversionOf(letter)
  if (conversion === undefined) beyond.add(whole)
  const zero = flags.includes('0') && !flags.includes('-') && (conversion === 'd' || conversion === 'f')
  return {
    field,
    conversion: conversion ?? 's',
    align: flags.includes('-') ? 'left' : 'right',
    fill: zero ? '0' : ' ',
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
  }
}

function braceField(match: RegExpExecArray, beyond: Set<string>): Piece {
  const [whole, doubled, field = '', converted, spec = '', single] = match
  if (doubled !== undefined) return doubled.charAt(0)
  if (single !== undefined) return { problem: `there is a single ${single}` }
  const parts = BRACE_SPEC.exec(spec)
  if (parts === null) beyond.add(whole)
  const [, fill, align, sign, zero, width = '0', precision, letter] = parts ?? []
  const number = NUMBER_FIELDS.has(field) && converted === undefined
  const natural = number ? 'right' : 'left'
  return {
    field,
    conversion: converted === 'r' || converted === 'a' ? 'r' : (conversionOf(letter ?? 's') ?? 's'),
    align: align === '<' ? 'left' : align === '^' ? 'center' : align === undefined ? natural : 'right',
    fill: fill ?? zero ?? ' ',
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    sign: sign === '+' || sign === ' ' ? sign : '',
  }
}

function dollarField(match: RegExpExecArray): Piece {
  const [whole, dollar, bare, braced] = match
  if (dollar !== undefined) return '$'
  const field = bare ?? braced
  if (field === undefined) return { problem: `${JSON.stringify(whole)} is no field` }
  return { field, conversion: 's', align: 'left', fill: ' ', width: 0, precision: undefined, sign: '' }
}

function conversionOf(letter: string): LogField['conversion'] | undefined {
  if (letter === 's') return 's'
  if (letter === 'r' || letter === 'a') return 'r'
  if (letter === 'd' || letter === 'i' || letter === 'u') return 'd'
  return letter === 'f' || letter === 'F' ? 'f' : undefined
}
