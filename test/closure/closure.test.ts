import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeClosure } from '../../src/closure/close.js'
import type { ProjectFacts } from '../../src/closure/remember.js'
import { rememberFacts } from '../../src/closure/remember.js'
import type { Closure, ClosureOptions, WhyLink } from '../../src/closure/types.js'
import { contains } from '../../src/packaging/specifier.js'
import { parseRequirement } from '../../src/packaging/requirement.js'
import { parseVersion } from '../../src/packaging/version.js'
import { allSolutions, environment, indexOf, oracleOf, rootsOf } from './index-graph.js'
import type { Graph } from './index-graph.js'

const LINUX = environment('linux', 'cp311 manylinux_2_28_x86_64')
const WINDOWS = environment('win', 'cp313 win_amd64')
const OPTIONS: ClosureOptions = {
  environments: [LINUX],
  versions: 0,
  sdists: 'keep',
  buildRequires: 'never',
  limit: 1000,
}

async function close(graph: Graph, roots: readonly string[], options: Partial<ClosureOptions> = {}): Promise<Closure> {
  const result = await computeClosure(rootsOf(roots), oracleOf(graph).oracle, { ...OPTIONS, ...options })
  if (!result.ok) throw new Error(`${result.tooLarge.projects} projects`)
  return result.closure
}

const kept = ({ members }: Closure): Record<string, string[]> =>
  Object.fromEntries([...members].map(([name, { releases }]) => [name, releases.map(({ version }) => version)]))
const chain = (links: readonly WhyLink[]): string =>
  links
    .map(({ from, line, to, version }) => `${from.name} ${from.version ?? ''}: ${line} -> ${to} ${version}`)
    .join(' | ')

describe('the closure', () => {
  it('keeps each release that a requirement admits, and nothing else', async () => {
    const graph = indexOf({
      a: { 1: ['b>=2'], 2: ['b<2', 'c'] },
      b: { 1: [], 2: [], 3: ['d'] },
      c: { 1: [] },
      d: { 1: [] },
      e: { 1: [] },
    })
    expect(kept(await close(graph, ['a==1']))).toEqual({ a: ['1'], b: ['3', '2'], d: ['1'] })
    expect(kept(await close(graph, ['A']))).toEqual({ a: ['2', '1'], b: ['3', '2', '1'], c: ['1'], d: ['1'] })
  })

  it('keeps the newest releases, and the newest that two requirements share', async () => {
    const graph = indexOf({
      a: { 1: ['x>=1,!=2.9'] },
      b: { 1: ['x<3'] },
      x: { 1: [], '2.8': [], '2.9': [], 3: [], 4: [] },
    })
    expect(kept(await close(graph, ['a', 'b'], { versions: 1 }))).toMatchObject({ x: ['4', '2.9', '2.8'] })
    expect(kept(await close(graph, ['a'], { versions: 2 }))).toMatchObject({ x: ['4', '3'] })
  })

  it('follows extras, extras of the same project, and circles', async () => {
    const graph = indexOf({
      a: {
        1: ['a[y]; extra == "x"', 'b; extra == "Y"', 'c; extra == "z"'],
        2: ['a[z]; extra == "x"', 'c; extra == "z"'],
      },
      b: { 1: ['a'] },
      c: { 1: ['b[none]'] },
    })
    expect(kept(await close(graph, ['a==1']))).toEqual({ a: ['1'] })
    expect(kept(await close(graph, ['a[X]==1']))).toEqual({ a: ['2', '1'], b: ['1'] })
    expect(kept(await close(graph, ['a[x]==2']))).toEqual({ a: ['2', '1'], b: ['1'], c: ['1'] })
  })

  it('asks for extras of itself only the release that does so', async () => {
    const graph = indexOf({ a: { 1: [], 2: ['a[y]; extra == "x"', 'b; extra == "y"'], 3: [] }, b: { 1: [] } })
    expect(kept(await close(graph, ['a[x]==2']))).toEqual({ a: ['2'], b: ['1'] })
  })

  it('asks for extras of a release that is kept for the sake of two requirements', async () => {
    const graph = indexOf({ x: { '2.8': ['y; extra == "e"'], '2.9': [], 3: [] }, y: { 1: [] } })
    for (const lines of [
      ['x[e]!=2.9', 'x<3'],
      ['x<3', 'x[e]!=2.9'],
    ]) {
      expect(kept(await close(graph, lines, { versions: 1 }))).toEqual({ x: ['3', '2.9', '2.8'], y: ['1'] })
    }
  })

  it('leaves out what markers and Requires-Python deny for certain, in each environment', async () => {
    const graph = indexOf({
      a: {
        1: [
          'w; sys_platform == "win32"',
          'l; os_name == "posix"',
          'p; python_full_version >= "3.11.4"',
          'n; python_version < "3"',
        ],
      },
      ...{ w: { 1: [] }, l: { 1: [], 2: { requires: [], python: '>=3.12' } }, p: { 1: [] }, n: { 1: [] } },
    })
    expect(kept(await close(graph, ['a']))).toEqual({ a: ['1'], l: ['1'], p: ['1'] })
    const both = await close(graph, ['a'], { environments: [LINUX, WINDOWS] })
    expect(kept(both)).toEqual({ a: ['1'], l: ['1'], p: ['1'], w: ['1'] })
    expect(both.members.get('w')?.neededBy).toMatchObject([
      { from: { name: 'a', version: '1' }, environments: ['win'] },
    ])
  })

  it('keeps the files that an environment can install, and an sdist as it is told', async () => {
    const files = [
      'a-1-cp311-cp311-win_amd64.whl',
      'a-1-cp313-cp313-win_amd64.whl',
      'a-1-py3-none-macosx_11_0_arm64.whl',
      'a-1.tar.gz',
      'a-1.exe',
    ]
    const graph = indexOf({ a: { 1: { requires: [], files, build: ['flit'] } }, flit: { 1: [] } })
    const of = async (options: Partial<ClosureOptions>): Promise<unknown> => {
      const { members } = await close(graph, ['a'], options)
      return [members.get('a')?.releases[0]?.files, members.has('flit')]
    }
    const [wheel, sdist] = [files[1], files[3]]
    expect(await of({ environments: [WINDOWS] })).toEqual([[wheel, sdist], false])
    expect(await of({ environments: [WINDOWS], buildRequires: 'when-needed' })).toEqual([[wheel, sdist], false])
    expect(await of({ environments: [WINDOWS], buildRequires: 'always' })).toEqual([[wheel, sdist], true])
    expect(await of({ environments: [WINDOWS], sdists: 'when-needed' })).toEqual([[wheel], false])
    expect(await of({ environments: [WINDOWS, LINUX], sdists: 'when-needed', buildRequires: 'when-needed' })).toEqual([
      [wheel, sdist],
      true,
    ])
    expect(await of({ environments: [WINDOWS, LINUX], sdists: 'drop' })).toEqual([[wheel], false])
    expect(await of({ environments: [LINUX], sdists: 'drop' })).toEqual([undefined, false])
    expect(kept(await close(graph, ['a==1'], { sdists: 'drop' }))).toEqual({})
  })

  it('keeps pre-releases and yanked releases as pip takes them', async () => {
    const graph = indexOf({
      ...{ a: { 1: [], '2rc1': [] }, b: { '1a1': [], '1a2': [] } },
      c: { 1: [], 2: { requires: [], isYanked: true } },
    })
    const of = async (...roots: string[]): Promise<unknown> => kept(await close(graph, roots))
    expect(await of('a')).toEqual({ a: ['1'] })
    expect(await of('a>=1rc1')).toEqual({ a: ['2rc1', '1'] })
    expect(await of('b')).toEqual({ b: ['1a2', '1a1'] })
    expect(await of('c')).toEqual({ c: ['1'] })
    expect(await of('c==2')).toEqual({ c: ['2'] })
  })

  it('names what is missing, why, and who needs it', async () => {
    const graph = indexOf({
      a: { 1: ['nowhere>1', 'b>5', 'w'], 2: ['Nowhere'] },
      b: { 1: [] },
      w: { 1: { requires: [], files: ['w-1-py3-none-win_amd64.whl'] } },
    })
    const { missing } = await close(graph, ['a'], { environments: [LINUX, WINDOWS] })
    const lines = missing.map(
      ({ edge, reason }) =>
        `${edge.from.name} ${edge.from.version}: ${edge.line}: ${reason} ${edge.environments.join()}`,
    )
    expect(lines).toEqual([
      'a 1: b>5: no-version linux,win',
      'a 1: nowhere>1: no-project linux,win',
      'a 2: Nowhere: no-project linux,win',
      'a 1: w: no-file linux',
    ])
  })

  it('notes what cannot be followed', async () => {
    const graph = indexOf({
      a: { 1: ['not a requirement', 'b @ https://example.org/b.zip', 'c; os_name ~= "x"'] },
      c: { 1: [] },
    })
    const { notes, members } = await close(graph, ['a'])
    expect(notes.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['direct-reference', 'b @ https://example.org/b.zip'],
      ['marker-error', 'c; os_name ~= "x"'],
      ['unreadable-requirement', 'not a requirement'],
    ])
    expect([...members.keys()]).toEqual(['a', 'c'])
  })

  it('explains by the shortest chain', async () => {
    const graph = indexOf({ a: { 1: ['b'] }, b: { 1: ['c'], 2: ['d'] }, c: { 1: ['d>=2'] }, d: { 1: [], 2: [] } })
    const closure = await close(graph, ['a', 'b>1'])
    expect(chain(closure.why('d'))).toBe('roots.txt:2 : b>1 -> b 2 | b 2: d -> d 2')
    expect(chain(closure.why('c', '1'))).toBe('roots.txt:1 : a -> a 1 | a 1: b -> b 1 | b 1: c -> c 1')
    expect(closure.why('e')).toEqual([])
  })

  it('stops above the limit, with the widest roots', async () => {
    const chainOf = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`p${i}`, { 1: [`p${i + 1}`] }]))
    const graph = indexOf({ a: { 1: [] }, ...chainOf })
    const result = await computeClosure(rootsOf(['a', 'p0']), oracleOf(graph).oracle, { ...OPTIONS, limit: 10 })
    expect(result).toMatchObject({
      ok: false,
      tooLarge: { projects: 11, widest: [{ root: { line: 'p0' } }, { root: { line: 'a' }, projects: 1 }] },
    })
  })

  it('asks nothing in a second run, and after a change only for what changed', async () => {
    const before = indexOf({ a: { 1: ['b'] }, b: { 1: ['c'] }, c: { 1: [] }, d: { 1: [] } })
    let facts: ReadonlyMap<string, ProjectFacts> = new Map()
    const run = async (graph: Graph, changed: string[]): Promise<[unknown, string[]]> => {
      const { oracle, asked } = oracleOf(graph)
      const memory = rememberFacts(oracle, facts, (name) => changed.includes(name))
      const result = await computeClosure(rootsOf(['a']), memory.oracle, OPTIONS)
      facts = new Map(JSON.parse(JSON.stringify([...memory.facts()])) as [string, ProjectFacts][])
      return [result.ok && kept(result.closure), asked]
    }
    expect((await run(before, []))[1]).toEqual(['a', 'a 1', 'b', 'b 1', 'c', 'c 1'])
    expect((await run(before, []))[1]).toEqual([])
    const after = indexOf({ a: { 1: ['b'] }, b: { 1: ['c'], 2: ['d'] }, c: { 1: [] }, d: { 1: [] } })
    const changed = { a: ['1'], b: ['2', '1'], c: ['1'], d: ['1'] }
    expect(await run(after, ['b'])).toEqual([changed, ['b', 'b 2', 'd', 'd 1']])
    expect(await run(indexOf({ a: { 1: ['b'] }, b: { 2: ['d'] }, d: { 1: [] } }), ['b'])).toEqual([
      { a: ['1'], b: ['2'], d: ['1'] },
      ['b'],
    ])
  })
})

const names = ['p0', 'p1', 'p2', 'p3', 'p4']
const line = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom('', '[x]', '[y]', '[x,y]'),
    fc.constantFrom('', '', '>=2', '<3', '==1', '!=2', '~=1.0', '>3'),
  )
  .chain(([name, extras, specifier]) =>
    fc
      .constantFrom(
        '',
        '',
        '; extra == "x"',
        '; extra == "y"',
        '; extra != "x"',
        '; sys_platform == "win32"',
        '; python_version > "3.11"',
      )
      .map((marker) => `${name}${extras}${specifier}${marker}`),
  )
const release = fc.record({
  requires: fc.array(line, { maxLength: 3 }),
  python: fc.constantFrom(undefined, undefined, '>=3.12', '<3.12'),
  files: fc.constantFrom(
    undefined,
    undefined,
    ['x-1-py3-none-any.whl'],
    ['x-1-cp311-abi3-win_amd64.whl'],
    ['x.tar.gz'],
  ),
})
const versions = fc.dictionary(fc.constantFrom('1', '2', '3', '4'), release, { minKeys: 0, maxKeys: 4 })
const graphs = fc
  .array(versions, { minLength: names.length, maxLength: names.length })
  .map((projects) => indexOf(Object.fromEntries(projects.map((each, i) => [names[i] ?? '', each]))))
const roots = fc.array(line, { minLength: 1, maxLength: 3 })

describe('the closure of generated indexes', () => {
  it('holds each release that any solution of a brute-force resolver has', async () => {
    let solved = 0
    await fc.assert(
      fc.asyncProperty(graphs, roots, fc.constantFrom(LINUX, WINDOWS), async (graph, lines, one) => {
        const all = kept(await close(graph, lines, { environments: [one] }))
        for (const solution of allSolutions(graph, lines, one)) {
          solved++
          for (const [name, version] of solution) expect(all[name] ?? []).toContain(version)
        }
      }),
      { numRuns: 400 },
    )
    expect(solved).toBeGreaterThan(100)
  })

  it('holds nothing that no requirement of a kept release or root admits', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, roots, fc.nat(3), async (graph, lines, versions) => {
        const closure = await close(graph, lines, { environments: [LINUX, WINDOWS], versions })
        for (const { name, releases, neededBy } of closure.members.values()) {
          for (const { version } of releases) {
            const parsed = parseVersion(version)
            const admits = neededBy.filter((edge) => {
              const requirement = parseRequirement(edge.line)
              return parsed && requirement && contains(requirement.specifier, parsed)
            })
            expect(admits.length).toBeGreaterThan(0)
            for (const { from } of neededBy) {
              const versionsOf = closure.members.get(from.name)?.releases.map((each) => each.version) ?? []
              if (from.version !== undefined) expect(versionsOf).toContain(from.version)
            }
            const links = closure.why(name, version)
            expect(links[0]?.from.version).toBeUndefined()
            expect(links.at(-1)).toMatchObject({ to: name, version })
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is the same whatever the order of the roots and of the answers', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, roots, fc.nat(2), async (graph, lines, versions) => {
        const one = await close(graph, lines, { versions })
        const late = oracleOf(graph, { isSlow: true }).oracle
        const other = await computeClosure(rootsOf([...lines].reverse()), late, { ...OPTIONS, versions })
        expect(other.ok && kept(other.closure)).toEqual(kept(one))
      }),
      { numRuns: 100 },
    )
  })
})
