import type { CandidateFile, CandidateRelease, ClosureOracle, Root } from '../../src/closure/types.js'
import type { Environment } from '../../src/packaging/environment.js'
import { choose, meetsRequiresPython, parseEnvironment } from '../../src/packaging/environment.js'
import { createMarkerEvaluator } from '../../src/packaging/marker-evaluate.js'
import { normalizeName } from '../../src/packaging/name.js'
import { parseRequirement } from '../../src/packaging/requirement.js'
import type { Requirement } from '../../src/packaging/requirement.js'
import { contains } from '../../src/packaging/specifier.js'
import { parseVersion } from '../../src/packaging/version.js'
import { parseWheelName } from '../../src/packaging/wheel-name.js'

interface Release {
  readonly requires: readonly string[]
  readonly python: string | undefined
  readonly files: readonly string[]
  readonly build: readonly string[]
  readonly isYanked: boolean
}
/** An index: project -> version -> release. */
export type Graph = ReadonlyMap<string, ReadonlyMap<string, Release>>
type Short =
  | readonly string[]
  | (Partial<{ [K in keyof Release]: Release[K] | undefined }> & { readonly requires: readonly string[] })

export function indexOf(projects: Record<string, Record<string, Short>>): Graph {
  const release = (name: string, version: string, short: Short): Release => {
    const given = 'requires' in short ? short : { requires: short }
    const { python, build = [], isYanked = false, files = [`${name}-${version}-py3-none-any.whl`] } = given
    return { requires: given.requires, python, build, isYanked, files }
  }
  const of = ([name, versions]: [string, Record<string, Short>]): [string, Map<string, Release>] => [
    name,
    new Map(Object.entries(versions).map(([version, short]) => [version, release(name, version, short)])),
  ]
  return new Map(Object.entries(projects).map(of))
}

export function environment(name: string, definition: string): Environment {
  const parsed = parseEnvironment(name, definition)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.environment
}

function requirementOf(line: string): Requirement {
  const requirement = parseRequirement(line)
  if (requirement === undefined) throw new Error(`not a requirement: ${line}`)
  return requirement
}

export function rootsOf(lines: readonly string[]): Root[] {
  return lines.map((line, i) => ({ requirement: requirementOf(line), line, source: `roots.txt:${i + 1}` }))
}

/** An oracle for the index, and what it was asked in order. */
export function oracleOf(graph: Graph, { isSlow = false } = {}): { oracle: ClosureOracle; asked: string[] } {
  const asked: string[] = []
  const turn = async (name: string): Promise<void> => {
    const turns = isSlow ? (name.charCodeAt(1) * 7) % 5 : 0
    for (let i = 0; i < turns; i++) await Promise.resolve()
  }
  const file = (filename: string, { python, isYanked }: Release): CandidateFile => {
    return { filename, requiresPython: python, isYanked, digest: undefined, metadataKey: undefined }
  }
  return {
    asked,
    oracle: {
      async releasesOf(name): Promise<CandidateRelease[] | undefined> {
        asked.push(name)
        await turn(name)
        const versions = graph.get(name)
        return (
          versions &&
          [...versions].map(([version, one]) => ({ version, files: one.files.map((each) => file(each, one)) }))
        )
      },
      async metadataOf(name, version) {
        asked.push(`${name} ${version}`)
        await turn(version)
        const release = graph.get(name)?.get(version)
        return release && { requires: release.requires, buildRequires: release.build }
      },
    },
  }
}

/**
 * All ways to install the roots in an environment: each tries every version of every project that is needed.
 * Written without the code under test: what is installable, which requirements count and what admits is asked anew.
 */
export function allSolutions(graph: Graph, roots: readonly string[], one: Environment): Map<string, string>[] {
  const evaluator = createMarkerEvaluator(one.variables)
  const solutions: Map<string, string>[] = []
  const usable = ({ python, files }: Release): boolean =>
    meetsRequiresPython(one, python) !== 'false' &&
    files.some((file) => {
      const wheel = parseWheelName(file)
      return wheel === undefined || choose(one, [wheel]) !== undefined
    })
  const counting = (lines: readonly string[], extras: ReadonlySet<string>): Requirement[] =>
    lines
      .map(requirementOf)
      .filter(
        ({ markerTree }) =>
          markerTree === null || ['', ...extras].some((e) => evaluator.evaluate(markerTree, [e]) !== 'false'),
      )

  /** Everything that the chosen versions need, extras included, until nothing is added. */
  function needs(chosen: ReadonlyMap<string, string>): Requirement[] {
    const extras = new Map<string, Set<string>>()
    for (let size = -1, all = counting(roots, new Set()); ;) {
      for (const each of all) {
        const own = extras.get(normalizeName(each.name)) ?? new Set<string>()
        for (const extra of each.extras) own.add(normalizeName(extra))
        extras.set(normalizeName(each.name), own)
      }
      const reached = [...chosen].filter(([name]) => extras.has(name))
      all = [
        ...counting(roots, new Set()),
        ...reached.flatMap(([name, version]) =>
          counting(graph.get(name)?.get(version)?.requires ?? [], extras.get(name) ?? new Set()),
        ),
      ]
      const next = all.length + [...extras.values()].reduce((sum, set) => sum + set.size, extras.size)
      if (next === size) return all
      size = next
    }
  }

  function search(chosen: ReadonlyMap<string, string>): void {
    const all = needs(chosen)
    const isMet = all.every((each) => {
      const version = parseVersion(chosen.get(normalizeName(each.name)) ?? '')
      return version === undefined || contains(each.specifier, version)
    })
    if (!isMet || solutions.length > 200) return
    const open = all.find(({ name }) => !chosen.has(normalizeName(name)))
    if (open === undefined) {
      solutions.push(new Map(chosen))
      return
    }
    for (const [version, release] of graph.get(normalizeName(open.name)) ?? []) {
      if (usable(release)) search(new Map(chosen).set(normalizeName(open.name), version))
    }
  }
  search(new Map())
  return solutions
}
