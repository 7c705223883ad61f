import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { evaluateReference, hasReference } from '../../src/config/diff-file.js'
import { mirrorDefaults } from '../../src/config/mirror.js'
import { parsePythonBoolean, parsePythonFloat, parsePythonInt } from '../../src/python/scalars.js'
import type { ConfigFile } from '../../src/config/types.js'
import { ConfigError } from '../../src/errors.js'
import { oracleCases } from '../helpers/oracle.js'

type Failure = { error: string }
type Value = string | Failure
type Entry = [string, Value]
type Call = [string, string, string, boolean, unknown, { value: unknown } | Failure]
type Case =
  | { kind: 'file'; text: string; error: string | null; sections: [string, Entry[]][]; defaults: [string, string][] }
  | { kind: 'defaults'; text: string; watch: string[]; error: string | null; values: Entry[] }
  | { kind: 'scalar'; raw: string; value: Value; bool: boolean | Failure; int: string | Failure; float: Value }
  | { kind: 'get'; text: string; calls: Call[] }
  | { kind: 'diff_file'; text: string; get_error?: string; value: string; has: boolean; result: Value }

// The corpus is ours and its `about` describes these shapes.
const cases = oracleCases('configparser') as Case[]

const FAILED = { error: true }
const PATH = 'bandersnatch.conf'

/** The answer, or FAILED for a configuration error; other errors are bugs and pass through. */
function attempt<T>(answer: () => T): T | typeof FAILED {
  try {
    return answer()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toMatch(/[\r\n]/)
    return FAILED
  }
}

const isFailure = (value: unknown): value is Failure => typeof value === 'object' && value !== null && 'error' in value
const expected = (value: unknown): unknown => (isFailure(value) ? FAILED : value)
const entries = (list: Entry[]): unknown[] => list.map(([option, value]) => [option, expected(value)])

function readEverything(file: ConfigFile): unknown {
  const read = (section: string): unknown[] =>
    file.options(section).map((option) => [option, attempt(() => file.get(section, option))])
  return {
    sections: file.sections().map((section) => [section, read(section)]),
    defaults: file.options('DEFAULT').map((option) => [option, file.raw('DEFAULT', option)]),
  }
}

/** Python's exceptions for what is not there are our undefined, which a fallback replaces. */
function call(file: ConfigFile, [method, section, option, hasFallback, fallback]: Call): unknown {
  const value = attempt(() => {
    if (method === 'getint') return file.getInt(section, option)
    if (method === 'getfloat') return file.getFloat(section, option)
    if (method === 'getboolean') return file.getBoolean(section, option)
    return file.get(section, option)
  })
  if (value !== undefined) return value
  return hasFallback ? fallback : FAILED
}

const floatOf = (repr: string): number => Number(repr.replace('inf', 'Infinity').replace('nan', 'NaN'))

function answers(item: Case): { ours: unknown; python: unknown } {
  switch (item.kind) {
    case 'file':
      return {
        ours: attempt(() => readEverything(parseConfig(item.text, PATH))),
        python:
          item.error === null
            ? { sections: item.sections.map(([name, list]) => [name, entries(list)]), defaults: item.defaults }
            : FAILED,
      }
    case 'defaults': {
      // 8.0's defaults name keep-index-versions, which its code never reads; ours leave it out.
      const named = (file: ConfigFile | undefined): string[] =>
        item.watch.filter((name) => name !== 'keep-index-versions' || file?.has('mirror', name) === true)
      const ours = attempt(() => {
        const file = parseConfig(item.text, PATH, mirrorDefaults())
        return named(file).map((name) => [name, attempt(() => file.get('mirror', name) ?? FAILED)])
      })
      if (item.error !== null) return { ours, python: FAILED }
      const names = named(attempt(() => parseConfig(item.text, PATH)) as ConfigFile)
      return { ours, python: entries(item.values.filter(([name]) => names.includes(name))) }
    }
    case 'scalar': {
      const value = attempt(() => parseConfig(`[mirror]\nother = 1\nk = ${item.raw}\n`, PATH).get('mirror', 'k'))
      const parsed = <T>(parse: (text: string) => T | undefined): T | typeof FAILED =>
        typeof value === 'string' ? (parse(value) ?? FAILED) : FAILED
      const int = parsed((text) => parsePythonInt(text)?.toString())
      return {
        ours: [value, parsed(parsePythonBoolean), int, parsed(parsePythonFloat)],
        python: [
          expected(item.value),
          expected(item.bool),
          expected(item.int),
          typeof item.float === 'string' ? floatOf(item.float) : FAILED,
        ],
      }
    }
    case 'get': {
      const file = parseConfig(item.text, PATH)
      return {
        ours: item.calls.map((one) => call(file, one)),
        python: item.calls.map(([, , , , , result]) => ('error' in result ? FAILED : result.value)),
      }
    }
    case 'diff_file': {
      const file = parseConfig(item.text, PATH)
      const value = attempt(() => file.get('mirror', 'diff-file'))
      if (typeof value !== 'string') return { ours: value, python: item.get_error === undefined ? item : FAILED }
      // A reference that cannot be followed is undefined; bandersnatch falls back, it does not fail.
      const ours = attempt(() => evaluateReference(file, value) ?? 'ValueError')
      const python = isFailure(item.result) && item.result.error === 'ValueError' ? 'ValueError' : expected(item.result)
      return { ours: [value, hasReference(value), ours], python: [item.value, item.has, python] }
    }
  }
}

describe('configparser agrees with Python', () => {
  for (const kind of ['file', 'defaults', 'scalar', 'get', 'diff_file'] as const) {
    it(`${kind} cases`, () => {
      // Our one difference on purpose: a byte order mark at the start is skipped.
      const chosen = cases.filter((item) => item.kind === kind && !('text' in item && item.text.startsWith('\ufeff')))
      const differing = chosen.filter((item) => {
        const { ours, python } = answers(item)
        return !deepEqual(ours, python)
      })
      expect(chosen.length).toBeGreaterThan(0)
      expect(differing.slice(0, 3).map((item) => ({ item, ...answers(item) }))).toEqual([])
    })
  }

  it('skips a byte order mark', () => {
    expect(parseConfig('\ufeff[a]\nk = 1\n', PATH).get('a', 'k')).toBe('1')
  })
})

function deepEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  const keys = Object.keys(a)
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  return keys.length === right.size && keys.every((key) => right.has(key) && deepEqual(left.get(key), right.get(key)))
}
