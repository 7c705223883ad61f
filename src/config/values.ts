import { resolve } from 'node:path'
import { parsePythonBoolean, parsePythonFloat, parsePythonInt } from '../python/scalars.js'
import { strip } from '../python/text.js'
import { beforeComment, COMMENT_HINT } from '../python/configparser/inline-comment.js'
import type { OptionSpec, OptionTable } from './option-spec.js'
import { parseBandwidthLimit } from './bandwidth.js'
import { parseDuration } from './duration.js'
import { propertyName } from './option-values.js'
import type { OptionValues } from './option-values.js'
import type { ConfigFile } from './types.js'

/** One option to be read. */
interface Option {
  readonly file: ConfigFile
  readonly section: string
  readonly name: string
  readonly spec: OptionSpec
}

/**
 * The values of a section's options, each checked and converted as the table says.
 * Paths are absolute; `..` stays, for what is before it may be a symbolic link. URLs have no slash at the end.
 * @throws ConfigError for the first value that is not allowed, in the table's order
 */
export function readOptions<Table extends OptionTable>(
  file: ConfigFile,
  section: string,
  table: Table,
): OptionValues<Table> {
  const values: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(table)) {
    if (!name.endsWith('*')) values[propertyName(name)] = readOption({ file, section, name, spec })
  }
  if (!isComplete(values, table)) throw new Error(`options of [${section}] are missing`)
  return values
}

/** Each value has the type that its table entry says: readOption sees to that. */
function isComplete<Table extends OptionTable>(values: object, table: Table): values is OptionValues<Table> {
  return Object.keys(table).every((name) => name.endsWith('*') || Object.hasOwn(values, propertyName(name)))
}

function readOption(option: Option): unknown {
  const { spec } = option
  switch (spec.type) {
    case 'boolean':
      return checked(option, parsePythonBoolean(valueOf(option)))
    case 'integer': {
      if (spec.word !== undefined && valueOf(option) === spec.word) return spec.word
      const integer = parsePythonInt(valueOf(option))
      return inRange(option, integer === undefined ? undefined : Number(integer))
    }
    case 'number':
      return inRange(option, parsePythonFloat(valueOf(option)))
    case 'choice': {
      const wanted = inCase(valueOf(option), spec.foldCase)
      return checked(
        option,
        spec.choices?.find((choice) => choice === wanted),
      )
    }
    case 'path': {
      const path = readText(option)
      return path === undefined ? undefined : absolutePath(path)
    }
    case 'url':
      return readUrl(option)
    case 'bandwidth':
      return parsed(option, parseBandwidthLimit)
    case 'duration':
      return parsed(option, parseDuration)
    case 'text':
      return readText(option)
    case 'list':
      return valueOf(option) || undefined
  }
}

function valueOf({ file, section, name, spec }: Option): string {
  return file.get(section, name) ?? spec.fallback ?? ''
}

function checked<T>({ file, section, name, spec }: Option, value: T | undefined): T {
  if (value !== undefined) return value
  const hint = beforeComment(file.raw(section, name) ?? '') === undefined ? '' : `; ${COMMENT_HINT}`
  throw file.invalid(section, name, `must be ${allowedText(spec)}${hint}`)
}

/** A value with a language of its own; undefined where it is empty. */
function parsed<T extends object | number>(
  option: Option,
  parse: (text: string) => T | { readonly error: string },
): T | undefined {
  const text = strip(valueOf(option))
  if (text === '') return undefined
  const value = parse(text)
  if (typeof value === 'object' && 'error' in value) {
    throw option.file.invalid(option.section, option.name, `must be ${value.error}`)
  }
  return value
}

function inRange(option: Option, value: number | undefined): number {
  const { min = -Infinity, max = Infinity } = option.spec
  const allowed = value !== undefined && Number.isFinite(value) && value >= min && value <= max
  return checked(option, allowed ? value : undefined)
}

/** 8.0 strips where it lowers (digest_name), and only there. */
function inCase(text: string, foldCase: OptionSpec['foldCase']): string {
  if (foldCase === 'upper') return text.toUpperCase()
  return foldCase === 'lower' ? strip(text).toLowerCase() : text
}

function readText(option: Option): string | undefined {
  const { file, section, name, spec } = option
  const text = valueOf(option)
  if (text === '' && spec.required === true) throw file.invalid(section, name, `must be ${allowedText(spec)}`)
  if (/[\n\0]/.test(text)) throw file.invalid(section, name, 'must be one line of text')
  if (text === '') return undefined
  if (spec.pattern?.test.test(text) === false) throw file.invalid(section, name, `must be ${spec.pattern.words}`)
  return text
}

function readUrl(option: Option): string | undefined {
  const { file, section, name, spec } = option
  const text = readText(option)
  if (text === undefined) return undefined
  const url = checked(option, parseUrl(text, spec.schemes ?? []))
  if (url.search !== '' || url.hash !== '') throw file.invalid(section, name, 'must be a URL without "?" and "#"')
  return text.replace(/\/+$/, '')
}

function parseUrl(text: string, schemes: readonly string[]): URL | undefined {
  // URL drops white space and control characters without a word.
  if (/[\p{Z}\p{Cc}]/u.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const known = schemes.includes(url.protocol.slice(0, -1)) && /^[^:]+:\/\/[^/]/.test(text)
  return known && url.hostname !== '' ? url : undefined
}

/** An absolute path as Python's Path spells it: no `.`, no double or trailing slash. */
export function absolutePath(path: string): string {
  const whole = path.startsWith('/') ? path : `${resolve('.')}/${path}`
  return `/${whole
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
}

/** What an option may hold, to follow "must be". */
function allowedText(spec: OptionSpec): string {
  if (spec.choices !== undefined) return `one of ${spec.choices.join(', ')}`
  if (spec.schemes !== undefined) return `a URL with ${spec.schemes.map((name) => `${name}://`).join(' or ')}`
  if (spec.type === 'boolean') return 'true or false'
  if (spec.type !== 'integer' && spec.type !== 'number') return 'one line of text'
  const word = spec.word === undefined ? '' : `${spec.word} or `
  const number = word + (spec.type === 'integer' ? 'a whole number' : 'a number')
  if (spec.max !== undefined) return `${number} from ${spec.min ?? 0} to ${spec.max}`
  return spec.min === undefined ? number : `${number}, ${spec.min} or more`
}
