import { normalizeName } from './name.js'
import type { Version } from './version.js'
import { parseVersion } from './version.js'

/** What a wheel's file name tells (PEP 427). Its tags are all combinations of the last three fields. */
export interface WheelName {
  /** normalized */
  readonly name: string
  readonly version: Version
  /** orders the wheels of one version that are otherwise alike; undefined without a build tag, which comes first */
  readonly build: BuildTag | undefined
  /** in lower case, as are the next two */
  readonly interpreters: readonly string[]
  readonly abis: readonly string[]
  readonly platforms: readonly string[]
}

export interface BuildTag {
  readonly number: number | bigint
  readonly text: string
}

const NAME = /^[\p{L}\p{N}._]+$/u
const BUILD = /^([0-9]+)(.*)/
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u

/** Reads a wheel's file name as `packaging` 26.3 does; undefined if it is not valid. */
export function parseWheelName(filename: string): WheelName | undefined {
  if (!filename.endsWith('.whl')) return undefined
  const parts = filename.slice(0, -4).split('-')
  if (![5, 6].includes(parts.length)) return undefined
  const [name = '', versionText = ''] = parts
  const version = parseVersion(versionText)
  if (name.includes('__') || !NAME.test(name) || version === undefined) return undefined
  const build = parts.length === 6 ? BUILD.exec(parts[2] ?? '') : undefined
  if (build === null) return undefined
  const tags = parseTags(parts.slice(-3))
  if (tags === undefined) return undefined
  return {
    name: normalizeName(name),
    version,
    build: build && { number: toNumber(build[1] ?? ''), text: build[2] ?? '' },
    ...tags,
  }
}

function parseTags(fields: readonly string[]): Pick<WheelName, 'interpreters' | 'abis' | 'platforms'> | undefined {
  const [interpreters = [], abis = [], platforms = []] = fields.map((field) => field.split('.'))
  if ([...interpreters, ...abis, ...platforms].includes('')) return undefined
  if (!interpreters.every((each) => IDENTIFIER.test(each))) return undefined
  return { interpreters: interpreters.map(lower), abis: abis.map(lower), platforms: platforms.map(lower) }
}

function lower(text: string): string {
  return text.toLowerCase()
}

function toNumber(digits: string): number | bigint {
  return digits.length <= 15 ? Number(digits) : BigInt(digits)
}

/** Negative, zero or positive, as build tag `a` comes before, with or after `b`. */
export function compareBuilds(a: BuildTag | undefined, b: BuildTag | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  if (a.number !== b.number) return a.number < b.number ? -1 : 1
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0
}
