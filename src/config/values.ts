import { resolve } from 'node:path'
import { allowedText, SECTIONS } from './options.js'
import type { OptionSpec } from './options.js'
import { strip } from '../python/text.js'
import { parsePythonBoolean, parsePythonFloat, parsePythonInt } from '../python/scalars.js'
import type { ConfigFile } from './types.js'

type Sections = typeof SECTIONS
/** Name of an option in the table. */
export type OptionName<S extends keyof Sections> = keyof Sections[S]['options'] & string

/** Reads a section's options with their defaults. Every method throws ConfigError for a value that is not allowed. */
export interface OptionReader<Name extends string> {
  boolean(name: Name): boolean
  integer(name: Name): number
  number(name: Name): number
  /** one of `choices`, in the table's case */
  choice<T extends string>(name: Name, choices: readonly T[]): T
  /** undefined when empty, like the two below */
  text(name: Name): string | undefined
  /** absolute; `..` stays, for what is before it may be a symbolic link */
  path(name: Name): string | undefined
  /** without slashes at the end */
  url(name: Name): string | undefined
}

/** An absolute path as Python's Path spells it: no `.`, no double or trailing slash. */
export function absolutePath(path: string): string {
  const whole = path.startsWith('/') ? path : `${resolve('.')}/${path}`
  return `/${whole
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
}

/** 8.0 strips where it lowers (digest_name), and only there. */
function inLetters(text: string, letters: OptionSpec['letters']): string {
  if (letters === 'upper') return text.toUpperCase()
  return letters === 'lower' ? strip(text).toLowerCase() : text
}

function parseUrl(text: string, schemes: readonly string[]): URL | undefined {
  // URL drops white space and control characters without a word.
  if (/[\p{Z}\p{Cc}]/u.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const known = schemes.includes(url.protocol.slice(0, -1)) && /^[^:]+:\/\/[^/]/.test(text)
  return known && url.hostname !== '' ? url : undefined
}

export function optionReader<S extends keyof Sections>(file: ConfigFile, section: S): OptionReader<OptionName<S>> {
  type Name = OptionName<S>
  const specs: Readonly<Record<string, OptionSpec>> = SECTIONS[section].options

  const specOf = (name: Name): OptionSpec => {
    const spec = specs[name]
    if (spec === undefined) throw new Error(`no option ${name} in the table`)
    return spec
  }
  const value = (name: Name): string => file.get(section, name) ?? specOf(name).fallback ?? ''

  const parsed = <T>(name: Name, result: T | undefined): T => {
    if (result === undefined) throw file.invalid(section, name, `must be ${allowedText(specOf(name))}`)
    return result
  }
  const inRange = (name: Name, result: number | undefined): number => {
    const { min = -Infinity, max = Infinity } = specOf(name)
    const allowed = result !== undefined && Number.isFinite(result) && result >= min && result <= max
    return parsed(name, allowed ? result : undefined)
  }
  const text = (name: Name): string | undefined => {
    const whole = value(name)
    if (/[\n\0]/.test(whole)) throw file.invalid(section, name, 'must be one line of text')
    return whole === '' ? undefined : whole
  }

  return {
    boolean: (name) => parsed(name, parsePythonBoolean(value(name))),
    integer: (name) => {
      const integer = parsePythonInt(value(name))
      return inRange(name, integer === undefined ? undefined : Number(integer))
    },
    number: (name) => inRange(name, parsePythonFloat(value(name))),
    choice: (name, choices) => {
      const wanted = inLetters(value(name), specOf(name).letters)
      return parsed(
        name,
        choices.find((choice) => choice === wanted),
      )
    },
    text,
    path: (name) => {
      const path = text(name)
      return path === undefined ? undefined : absolutePath(path)
    },
    url: (name) => {
      const url = text(name)
      if (url === undefined) return undefined
      const address = parsed(name, parseUrl(url, specOf(name).schemes ?? []))
      if (address.search !== '' || address.hash !== '') {
        throw file.invalid(section, name, 'must be a URL without "?" and "#"')
      }
      return url.replace(/\/+$/, '')
    },
  }
}
