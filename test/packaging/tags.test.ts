import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Environment } from '../../src/packaging/environment.js'
import { choose, parseEnvironment } from '../../src/packaging/environment.js'
import { platformTags } from '../../src/packaging/platform-tags.js'
import { formatVersion } from '../../src/packaging/version.js'
import type { WheelName } from '../../src/packaging/wheel-name.js'
import { parseWheelName } from '../../src/packaging/wheel-name.js'
import { oracleCases } from '../helpers/oracle.js'

interface Parsed {
  name: string
  version: string
  build: [number, string] | []
  tags: string[] | { count: number }
}
type PlatformsCase = ['platforms', string, string[]]
type EnvCase = ['env', string, string, string[], number, string]
type FileCase = ['file', string, Parsed | { error: string }, string | null, unknown]
type ChooseCase = ['choose', string[], (number | null | { any: number[] })[]]

const cases = oracleCases('tags').filter((c) => Array.isArray(c))
const ofKind = <T extends unknown[]>(kind: T[0]): T[] => cases.filter((c): c is T => c[0] === kind)

function environment(line: string): Environment {
  const parsed = parseEnvironment('e', line)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.environment
}
const environments = ofKind<EnvCase>('env').map(([, name]) => environment(name.replace('-', ' ')))

function answer(wheel: WheelName | undefined): unknown {
  if (wheel === undefined) return 'invalid'
  const tags = wheel.interpreters.flatMap((i) =>
    wheel.abis.flatMap((a) => wheel.platforms.map((p) => `${i}-${a}-${p}`)),
  )
  const distinct = [...new Set(tags)].sort()
  return {
    name: wheel.name,
    version: formatVersion(wheel.version),
    build: wheel.build === undefined ? [] : [Number(wheel.build.number), wheel.build.text],
    tags: distinct.length > 64 ? { count: distinct.length } : distinct,
  }
}

describe('compatibility tags', () => {
  it('of a machine are those of packaging, in its order', () => {
    const platforms = ofKind<PlatformsCase>('platforms')
    expect(platforms.length).toBeGreaterThan(10)
    for (const [, name, tags] of platforms) expect([name, platformTags(name)]).toEqual([name, tags])
  })

  it('of an interpreter on a machine are those of packaging, in its order', () => {
    for (const [i, [, name, , , count, sha256]] of ofKind<EnvCase>('env').entries()) {
      const tags = environments[i]?.tags.list() ?? []
      const got = createHash('sha256').update(tags.join('\n')).digest('hex')
      expect([name, tags.length, got]).toEqual([name, count, sha256])
    }
  })

  it('of a debug build include those of the normal one', () => {
    const tags = environment('cp312d linux_x86_64').tags.list()
    expect(tags.slice(0, 3)).toEqual([
      'cp312-cp312d-linux_x86_64',
      'cp312-cp312-linux_x86_64',
      'cp312-abi3-linux_x86_64',
    ])
  })
})

describe('wheel file names', () => {
  const files = ofKind<FileCase>('file')

  it('are read as packaging reads them', () => {
    expect(files.length).toBeGreaterThan(50)
    const wrong = files
      .map(([, name, recorded]) => ({
        name,
        recorded: 'error' in recorded ? 'invalid' : recorded,
        got: answer(parseWheelName(name)),
      }))
      .filter(({ recorded, got }) => JSON.stringify(recorded) !== JSON.stringify(got))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('tell in which environments the wheel can be installed', () => {
    const wrong = files
      .map(([, name, , usable]) => {
        const wheel = parseWheelName(name)
        const got = wheel && environments.map(({ tags }) => (tags.rank(wheel) === undefined ? 'F' : 'T')).join('')
        return { name, usable, got: got ?? null }
      })
      .filter(({ usable, got }) => usable !== got)
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('tell which wheel of a version pip prefers', () => {
    const choices = ofKind<ChooseCase>('choose')
    expect(choices.length).toBeGreaterThan(10)
    for (const [, names, recorded] of choices) {
      const wheels = names.map((name) => parseWheelName(name)).filter((wheel) => wheel !== undefined)
      expect(wheels.length).toBe(names.length)
      for (const [i, answer] of recorded.entries()) {
        const one = environments[i]
        const chosen = one && choose(one, wheels)
        const got = chosen === undefined ? null : wheels.indexOf(chosen)
        const right = typeof answer === 'object' && answer !== null ? answer.any : [answer]
        expect([names, one?.text, right]).toEqual([names, one?.text, expect.arrayContaining([got])])
      }
    }
  })
})
