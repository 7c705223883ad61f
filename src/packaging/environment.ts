import { platformVariables, pythonVariables } from './environment-variables.js'
import type { MarkerVariables, Truth } from './marker-evaluate.js'
import { isOpen } from './marker-evaluate.js'
import { PLATFORM_EXAMPLES } from './platform-tags.js'
import type { SpecifierSet } from './specifier.js'
import { contains, parseSpecifierSet } from './specifier.js'
import type { Interpreter, TagSet } from './tags.js'
import { createTagSet } from './tags.js'
import type { Version } from './version.js'
import { parseVersion } from './version.js'
import type { WheelName } from './wheel-name.js'
import { compareBuilds } from './wheel-name.js'

/** A Python on a machine for which files are mirrored. */
export interface Environment {
  /** what the configuration calls it */
  readonly name: string
  /** its definition with single blanks, such as `cp311 manylinux_2_28_x86_64` */
  readonly text: string
  readonly tags: TagSet
  /** values of marker variables; what the definition does not say is open */
  readonly variables: MarkerVariables
  /** each version that this Python may have */
  readonly pythonVersions: readonly Version[]
}

export type ParsedEnvironment =
  | { readonly ok: true; readonly environment: Environment }
  | { readonly ok: false; readonly problem: string; readonly known: readonly string[]; readonly word: string }

/** Marker variables that the definition may decide, as in `python_full_version=3.11.9`. */
const SETTABLE = [
  'python_full_version',
  'implementation_version',
  'platform_release',
  'platform_version',
  'platform_machine',
]
const INTERPRETER = /^(cp|pp|py)3(\d{1,2})([a-z]*)$/
const INTERPRETERS = [
  'cp39',
  'cp310',
  'cp311',
  'cp312',
  'cp313',
  'cp314',
  'cp313t',
  'cp314t',
  'pp310',
  'pp311',
  'py312',
]

/**
 * Reads the definition of an environment: an interpreter (`cp311`, `cp313t`, `pp310`, `py312`), if need be its ABI
 * (`pypy310_pp73`), the best platform tag of the machine, and values of variables (`python_full_version=3.11.9`).
 * A problem names the word that is wrong and what may stand there, so that the caller can suggest the nearest.
 */
export function parseEnvironment(name: string, definition: string): ParsedEnvironment {
  const all = definition.split(/[ \t]+/).filter((word) => word !== '')
  const words = all.filter((word) => !word.includes('='))
  const [first = '', ...rest] = words
  const platform = rest.at(-1)
  const interpreter = parseInterpreter(first, rest.length === 2 ? rest[0] : undefined)
  if (interpreter === undefined) return problem(first, 'is not the tag of a Python 3 interpreter', INTERPRETERS)
  if (platform === undefined) return problem(definition.trim(), 'names no platform', PLATFORM_EXAMPLES)
  if (rest.length > 2) return problem(rest[1] ?? '', 'is one word too many', [])
  const tags = createTagSet(interpreter, platform)
  if (tags === undefined) return problem(platform, 'is not the platform tag of a machine', PLATFORM_EXAMPLES)
  const variables = new Map([...pythonVariables(interpreter), ...platformVariables(platform)])
  for (const word of all.filter((each) => each.includes('='))) {
    const at = word.indexOf('=')
    const variable = word.slice(0, at)
    if (!SETTABLE.includes(variable)) return problem(variable, 'is not a variable that can be set here', SETTABLE)
    if (variable === 'python_full_version' && !isOf(interpreter, word.slice(at + 1))) {
      return problem(word, `is not a version of ${first}`, [])
    }
    variables.set(variable, word.slice(at + 1))
  }
  const pythonVersions = versionsOf(variables)
  return { ok: true, environment: { name, text: all.join(' '), tags, variables, pythonVersions } }
}

function problem(word: string, what: string, known: readonly string[]): ParsedEnvironment {
  return { ok: false, problem: `${JSON.stringify(word)} ${what}`, word, known }
}

function parseInterpreter(text: string, abi: string | undefined): Interpreter | undefined {
  const [, kind, minor = '', flags = ''] = INTERPRETER.exec(text) ?? []
  if (kind !== 'cp' && kind !== 'pp' && kind !== 'py') return undefined
  if (flags !== '' && (kind !== 'cp' || abi !== undefined)) return undefined
  return { kind, minor: Number(minor), abi: abi ?? (flags === '' ? undefined : text) }
}

function isOf({ minor }: Interpreter, version: string): boolean {
  const [major, second] = parseVersion(version)?.release ?? []
  return major === 3 && second === minor
}

function versionsOf(variables: MarkerVariables): Version[] {
  const value = variables.get('python_full_version') ?? ''
  const texts = typeof value === 'string' ? [value] : isOpen(value) ? value.values : []
  return texts.map((text) => parseVersion(text)).filter((version) => version !== undefined)
}

/**
 * Whether this Python meets `Requires-Python`. As in pip a text that is not valid admits every version.
 * `unknown` where the environment does not say the patch release that decides.
 */
export function meetsRequiresPython({ pythonVersions }: Environment, requiresPython: string | undefined): Truth {
  const set: SpecifierSet | undefined = requiresPython === undefined ? undefined : parseSpecifierSet(requiresPython)
  if (set === undefined) return 'true'
  const count = pythonVersions.filter((version) => contains(set, version)).length
  return count === pythonVersions.length ? 'true' : count === 0 ? 'false' : 'unknown'
}

/** Which of the wheels of one version pip installs: by best tag, then by build tag. undefined if it can use none. */
export function choose<T extends WheelName>(environment: Environment, wheels: readonly T[]): T | undefined {
  let best: { wheel: T; rank: number } | undefined
  for (const wheel of wheels) {
    const rank = environment.tags.rank(wheel)
    if (rank === undefined) continue
    const order = best === undefined ? -1 : rank - best.rank || compareBuilds(best.wheel.build, wheel.build)
    if (order < 0) best = { wheel, rank }
  }
  return best?.wheel
}
