import { describe, expect, it } from 'vitest'
import { normalizeName } from '../../src/packaging/name.js'
import { parseRequirement, requirementKey } from '../../src/packaging/requirement.js'
import { formatSpecifierSet } from '../../src/packaging/specifier.js'
import { oracleCases } from '../helpers/oracle.js'

interface Answer {
  name: string
  canonical: string
  spec: string
  extras: string[]
  url: string | null
  marker: string | null
}
type LineCase = ['line', string, Answer | { error: string }]

function answer(text: string): Answer | 'invalid' {
  const requirement = parseRequirement(text)
  if (requirement === undefined) return 'invalid'
  const { name, extras, specifier, url, marker } = requirement
  return { name, canonical: normalizeName(name), spec: formatSpecifierSet(specifier), extras: [...extras], url, marker }
}

const marker = (text: string): string | null | undefined => parseRequirement(`a;${text}`)?.marker

function key(text: string): string {
  const requirement = parseRequirement(text)
  if (requirement === undefined) throw new Error(`not a requirement: ${text}`)
  return requirementKey(requirement)
}

describe('requirement lines', () => {
  const topic = process.env['ORACLE_DIR'] === undefined ? 'pep508-line' : 'pep508'
  const cases = oracleCases(topic).filter((c): c is LineCase => Array.isArray(c) && c[0] === 'line')

  it('are read as Python reads them', () => {
    expect(cases.length).toBeGreaterThan(100)
    const wrong = cases
      .map(([, text, recorded]) => ({ text, recorded: 'error' in recorded ? 'invalid' : recorded, got: answer(text) }))
      .filter(({ recorded, got }) => JSON.stringify(recorded) !== JSON.stringify(got))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('are the same requirement however they are spelled', () => {
    expect(key('Foo.Bar[A_b,a-b] ==1.0, <2')).toBe(key('foo-bar[a-b]<2.0,==1'))
    expect(key("a; os_name=='x'")).toBe(key('a ;os.name == "x"'))
    expect(key('a==1')).not.toBe(key('a===1'))
    expect(key('a~=1.0')).not.toBe(key('a~=1.0.0'))
    expect(key('a @ b')).not.toBe(key('a'))
  })

  it('are parsed where a comma follows an arbitrary version', () => {
    expect(answer('a===1,>2')).toMatchObject({ spec: '===1,>2' })
    expect(answer('a===1, >2')).toBe('invalid')
  })
})

describe('environment markers', () => {
  it('lose the parentheses that they do not need', () => {
    expect(marker('((os_name==os_name))')).toBe('os_name == os_name')
    expect(marker("(('a'=='b')and('c'=='d'))or(('e'=='f'))")).toBe('("a" == "b" and "c" == "d") or "e" == "f"')
    expect(marker(`${'('.repeat(100)}'a'in extras${')'.repeat(100)}`)).toBe('"a" in extras')
  })

  it('are refused, not overflowed, when nested too deeply', () => {
    expect(marker(`${'('.repeat(100_000)}'a'in extras${')'.repeat(100_000)}`)).toBeUndefined()
  })

  it('read quoted text as a Python literal', () => {
    expect(marker(String.raw`os_name == '\x41\u0042\U00000043\104\n\d'`)).toBe('os_name == "ABCD\n\\d"')
    expect(marker("os_name == 'a\\\r\nb'")).toBe('os_name == "ab"')
    const bad = ["'a\nb'", "'a\rb'", "'a\0'", "'\ud800'", "'a\\'", "'\\x4'", "'\\U00110000'", "'\\N{DASH}'"]
    for (const quoted of bad) expect(marker(`os_name == ${quoted}`)).toBeUndefined()
    expect(marker(String.raw`os_name == "'\x22"`)).toBeUndefined()
  })

  it('normalize names of extras and groups', () => {
    expect(marker("extra == 'A_b'")).toBe('extra == "a-b"')
    expect(marker("'A_b' in extras or 'x'=='Y.z'")).toBe('"a-b" in extras or "x" == "Y.z"')
    expect(marker("('C.d' in dependency_groups)")).toBe('"c-d" in dependency_groups')
    expect(marker("extras == 'A_b'")).toBe('extras == "A_b"')
  })
})
