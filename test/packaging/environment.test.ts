import { describe, expect, it } from 'vitest'
import type { Environment } from '../../src/packaging/environment.js'
import { choose, meetsRequiresPython, parseEnvironment } from '../../src/packaging/environment.js'
import { parseMarker } from '../../src/packaging/marker.js'
import { createMarkerEvaluator } from '../../src/packaging/marker-evaluate.js'
import { parseWheelName } from '../../src/packaging/wheel-name.js'
import { nearest } from '../../src/model/nearest.js'

function environment(definition: string): Environment {
  const parsed = parseEnvironment('e', definition)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.environment
}

function truth(definition: string, text: string): string {
  const marker = parseMarker(text)
  return marker === undefined ? 'invalid' : createMarkerEvaluator(environment(definition).variables).evaluate(marker)
}

const takes = (definition: string, filename: string): boolean => {
  const wheel = parseWheelName(filename)
  return wheel !== undefined && choose(environment(definition), [wheel]) !== undefined
}

describe('environments', () => {
  it.each([
    ['', '"" is not the tag of a Python 3 interpreter'],
    ['cp27 win32', '"cp27" is not the tag of a Python 3 interpreter'],
    ['pp310t win32', '"pp310t" is not the tag of a Python 3 interpreter'],
    ['cp312', '"cp312" names no platform'],
    ['cp312 manylinux_2_28_x8664', '"manylinux_2_28_x8664" is not the platform tag of a machine'],
    ['cp312 manylinux_3_1_x86_64', '"manylinux_3_1_x86_64" is not the platform tag of a machine'],
    ['cp312 macosx_14_0_universal2', '"macosx_14_0_universal2" is not the platform tag of a machine'],
    ['cp312 cp312 x win32', '"x" is one word too many'],
    ['cp312 win32 os_name=nt', '"os_name" is not a variable that can be set here'],
    ['cp312 win32 python_full_version=3.11.1', '"python_full_version=3.11.1" is not a version of cp312'],
  ])('refuse %j', (definition, problem) => {
    expect(parseEnvironment('e', definition)).toMatchObject({ ok: false, problem })
  })

  it('suggest what is near to a misspelled word', () => {
    for (const [definition, expected] of [
      ['cp312 manylinux_2_28_x8664', 'manylinux_2_28_x86_64'],
      ['cp312 winamd64', 'win_amd64'],
      ['cpy312 win32', 'cp312'],
    ] as const) {
      const parsed = parseEnvironment('e', definition)
      expect(parsed.ok || nearest(parsed.word, parsed.known)).toBe(expected)
    }
  })

  it('decide what the definition says and leave the rest open', () => {
    const open = 'cp312  manylinux_2_28_x86_64'
    expect(environment(open).text).toBe('cp312 manylinux_2_28_x86_64')
    expect(truth(open, 'python_full_version >= "3.12.4"')).toBe('unknown')
    expect(truth(`${open} python_full_version=3.12.3`, 'python_full_version >= "3.12.4"')).toBe('false')
    expect(truth(open, 'platform_release == "6.1"')).toBe('unknown')
    expect(truth(`${open} platform_release=6.1`, 'platform_release == "6.1"')).toBe('true')
    expect(truth('py312 any', 'implementation_name == "cpython" or sys_platform == "win32"')).toBe('unknown')
    expect(truth('cp313 android_24_arm64_v8a', 'sys_platform == "android" and platform_machine == "aarch64"')).toBe(
      'true',
    )
    expect(truth('cp313 ios_13_0_arm64_iphoneos', 'platform_system == "iOS"')).toBe('unknown')
    expect(truth('cp313 pyodide_2025_0_wasm32', 'sys_platform == "emscripten"')).toBe('true')
  })

  it('meet Requires-Python for certain, never, or perhaps', () => {
    const of = (text: string | undefined): string => meetsRequiresPython(environment('cp312 win32'), text)
    expect([of(undefined), of('>=3.8,<4'), of('>=3.13'), of('>=3.12.4'), of('nonsense')]).toEqual([
      'true',
      'true',
      'false',
      'unknown',
      'true',
    ])
  })

  it('take older manylinux names, an ABI of their own, and pure Python alone', () => {
    expect(takes('cp312 manylinux2014_x86_64', 'a-1-cp312-cp312-manylinux_2_17_x86_64.whl')).toBe(true)
    expect(takes('cp312 manylinux2014_x86_64', 'a-1-cp312-cp312-manylinux_2_18_x86_64.whl')).toBe(false)
    expect(takes('pp310 pypy310_pp74 win_amd64', 'a-1-pp310-pypy310_pp74-win_amd64.whl')).toBe(true)
    expect(takes('py312 any', 'a-1-py3-none-any.whl')).toBe(true)
    expect(takes('py312 any', 'a-1-cp312-none-any.whl')).toBe(false)
    expect(takes('cp312 linux_armv8l', 'a-1-py3-none-linux_armv7l.whl')).toBe(true)
  })
})
