import { ConfigError } from '../../errors.js'
import { lstrip, rstrip, strip } from '../text.js'
import { oneLine } from '../../one-line.js'

/** The section that all others inherit from. */
export const DEFAULT_SECTION = 'DEFAULT'

/** What the line rules make of a configuration file. */
export interface CanonicalFile {
  /**
   * The same settings in the part of INI on which all dialects agree: `[section]` and `name="value"`, each
   * on one line and in ASCII; values are JSON strings, names are encoded (see decodeName).
   */
  readonly text: string
  /** section -> option -> line number from 1 */
  readonly lines: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** section -> option -> number of each line of the value; comments between them are no lines of it */
  readonly valueLines: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>
}

/** How a file's options are written. */
export interface Dialect {
  /** what may stand between an option and its value */
  readonly delimiter: RegExp
  readonly optionName: (text: string) => string
}

/** bandersnatch.conf: `=` only, and names keep their case. */
export const BANDERSNATCH_DIALECT: Dialect = { delimiter: /=/, optionName: (text) => text }
/** configparser's own, as Python's logging.config has it: `=` or `:`, names in lower case. */
export const PYTHON_DIALECT: Dialect = { delimiter: /[=:]/, optionName: (text) => text.toLowerCase() }

const escaped = (char: string): string => `%${(char.codePointAt(0) ?? 0).toString(16)}%`

/** A name that no INI reader can misunderstand: dots, brackets, `__proto__` and leading digits are encoded. */
function encodeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]|^[^A-Za-z]/gu, escaped)
}

export function decodeName(name: string): string {
  return name.replace(/%([0-9a-f]+)%/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
}

function encodeValue(lines: readonly string[]): string {
  return JSON.stringify(rstrip(lines.join('\n'))).replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** `[name]` with anything after the last bracket ignored, as configparser's SECTCRE matches it. */
function sectionHeader(line: string): string | undefined {
  const end = line.lastIndexOf(']')
  return line.startsWith('[') && end > 1 ? line.slice(1, end) : undefined
}

/**
 * Applies configparser's line rules: full-line comments with `#` and `;`, values continued by
 * indentation (blank lines and comments inside), no section and no option twice.
 * https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
 * @throws ConfigError that names the line, never its text: it may hold a secret
 */
export function canonicalize(text: string, path: string, dialect: Dialect = BANDERSNATCH_DIALECT): CanonicalFile {
  const sections = new Map<string, Map<string, number>>()
  const valueLines = new Map<string, Map<string, number[]>>()
  const began = new Map<string, number>()
  const output: string[] = []
  let section: { readonly name: string; readonly options: Map<string, number> } | undefined
  let option: { readonly name: string; readonly value: string[]; readonly numbers: number[] } | undefined
  let indent = 0

  const endOption = (): void => {
    if (option !== undefined) output.push(`${encodeName(option.name)}=${encodeValue(option.value)}`)
    option = undefined
  }

  const beginSection = (name: string, fail: (problem: string) => ConfigError): void => {
    const earlier = began.get(name)
    if (earlier !== undefined) throw fail(`section [${oneLine(name)}] already began on line ${earlier}`)
    const options = sections.get(name) ?? new Map<string, number>()
    sections.set(name, options)
    section = { name, options }
    output.push(`[${encodeName(name)}]`)
  }

  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    const number = index + 1
    const fail = (problem: string): ConfigError => new ConfigError(`${oneLine(path)}:${number}: ${problem}`)
    const content = strip(line)
    if (content === '') {
      option?.value.push('')
      option?.numbers.push(number)
      return
    }
    if (content.startsWith('#') || content.startsWith(';')) return
    const lineIndent = line.length - lstrip(line).length
    if (option !== undefined && lineIndent > indent) {
      option.value.push(content)
      option.numbers.push(number)
      return
    }
    indent = lineIndent
    endOption()
    const header = sectionHeader(content)
    if (header !== undefined) {
      beginSection(header, fail)
      // Only DEFAULT may be taken up again.
      if (header !== DEFAULT_SECTION) began.set(header, number)
      return
    }
    if (section === undefined) throw fail('there is no [section] line before the first option')
    const where = `[${oneLine(section.name)}]`
    const equals = content.search(dialect.delimiter)
    if (equals < 0) throw fail(`${where} a line that is neither "option = value" nor a [section] nor indented`)
    const name = dialect.optionName(rstrip(content.slice(0, equals)))
    if (name === '') throw fail(`${where} there is no option name before "="`)
    const earlier = section.options.get(name)
    if (earlier !== undefined) throw fail(`${where} ${oneLine(name)} is already set on line ${earlier}`)
    section.options.set(name, number)
    option = { name, value: [strip(content.slice(equals + 1))], numbers: [number] }
    const ofSection = valueLines.get(section.name) ?? new Map<string, number[]>()
    valueLines.set(section.name, ofSection.set(name, option.numbers))
  })
  endOption()
  return { text: output.join('\n'), lines: sections, valueLines }
}
