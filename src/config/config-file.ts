import { parse as parseIni } from 'ini'
import { ConfigError } from '../errors.js'
import { interpolate } from '../python/configparser/interpolation.js'
import { BANDERSNATCH_DIALECT, canonicalize, decodeName, DEFAULT_SECTION } from '../python/configparser/lines.js'
import type { Dialect } from '../python/configparser/lines.js'
import { isSecret, shownValue } from './redact.js'
import { oneLine } from '../one-line.js'
import { parsePythonBoolean, parsePythonFloat, parsePythonInt } from '../python/scalars.js'
import type { ConfigFile, Origin } from './types.js'

type Options = Map<string, string>

/** Values that options have before the file is read: section -> option -> text. */
export type Defaults = ReadonlyMap<string, ReadonlyMap<string, string>>

function decodeIni(text: string, sections: Map<string, Options>): void {
  const decoded: Record<string, unknown> = parseIni(text)
  for (const [encodedSection, content] of Object.entries(decoded)) {
    if (typeof content !== 'object' || content === null) continue
    const name = decodeName(encodedSection)
    const options = sections.get(name) ?? new Map<string, string>()
    sections.set(name, options)
    const entries: [string, unknown][] = Object.entries(content)
    // The texts true, false and null come back as such; all others as strings.
    for (const [encoded, value] of entries) options.set(decodeName(encoded), String(value))
  }
}

/**
 * Reads a configuration as Python's configparser does with bandersnatch's settings. The line rules are
 * applied first (lines.ts), `ini` then decodes what they leave.
 * @param path for error messages only
 * @throws ConfigError of one line that names file and line
 */
export function parseConfig(
  text: string,
  path: string,
  defaults: Defaults = new Map(),
  dialect: Dialect = BANDERSNATCH_DIALECT,
): ConfigFile {
  // Unlike Python: some editors write a byte order mark.
  const canonical = canonicalize(text.startsWith('\ufeff') ? text.slice(1) : text, path, dialect)
  const sections = new Map<string, Options>()
  for (const [section, options] of defaults) sections.set(section, new Map(options))
  decodeIni(canonical.text, sections)
  const inherited: Options = sections.get(DEFAULT_SECTION) ?? new Map<string, string>()
  sections.delete(DEFAULT_SECTION)

  const owner = (section: string): Options | undefined =>
    section === DEFAULT_SECTION ? inherited : sections.get(section)

  const raw = (section: string, option: string): string | undefined => {
    const options = owner(section)
    return options === undefined ? undefined : (options.get(option) ?? inherited.get(option))
  }

  const origin = (section: string, option: string): Origin | undefined => {
    const holder = owner(section)?.has(option) === true ? section : DEFAULT_SECTION
    const line = canonical.lines.get(holder)?.get(option)
    return line === undefined ? undefined : { section: holder, line }
  }

  const entryLine = (section: string, option: string, index: number): number | undefined => {
    const found = origin(section, option)
    // What a reference brings in shifts the lines.
    if (found === undefined || raw(section, option)?.includes('%(') === true) return found?.line
    return canonical.valueLines.get(found.section)?.get(option)?.[index] ?? found.line
  }

  const place = (section: string, option: string): string => {
    const line = origin(section, option)?.line
    return `${oneLine(path)}${line === undefined ? '' : `:${line}`}: [${oneLine(section)}] ${oneLine(option)}`
  }

  const invalid = (section: string, option: string, problem: string): ConfigError => {
    const value = raw(section, option)
    const shown = value === undefined ? '' : ` = ${shownValue(option, value)}`
    return new ConfigError(`${place(section, option)}${shown}: ${problem}`)
  }

  const get = (section: string, option: string): string | undefined => {
    const value = raw(section, option)
    if (value === undefined) return undefined
    return interpolate(value, {
      lookup: (name) => raw(section, name),
      fail: (problem, reference) => {
        // A reference within a secret or within a URL's user name and password may be a part of it.
        const show = reference !== undefined && !isSecret(option) && !value.includes('@')
        return new ConfigError(`${place(section, option)} ${problem}${show ? `: "${oneLine(reference)}"` : ''}`)
      },
    })
  }

  const scalar =
    <T>(parse: (text: string) => T | undefined, expected: string) =>
    (section: string, option: string): T | undefined => {
      const value = get(section, option)
      if (value === undefined) return undefined
      const parsed = parse(value)
      if (parsed === undefined) throw invalid(section, option, `must be ${expected}`)
      return parsed
    }
  const getBigInt = scalar(parsePythonInt, 'a whole number')

  return {
    path,
    sections: () => [...sections.keys()],
    options: (section) => {
      const options = owner(section)
      return options === undefined ? [] : [...new Set([...options.keys(), ...inherited.keys()])]
    },
    has: (section, option) => raw(section, option) !== undefined,
    get,
    getInt: (section, option) => {
      const value = getBigInt(section, option)
      return value === undefined ? undefined : Number(value)
    },
    getFloat: scalar(parsePythonFloat, 'a number'),
    getBoolean: scalar(parsePythonBoolean, 'true or false'),
    raw,
    origin,
    entryLine,
    invalid,
  }
}
