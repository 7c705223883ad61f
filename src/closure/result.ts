import { compareCodePoints } from '../python/code-points.js'
import { compareVersions, parseVersion } from '../packaging/version.js'
import type { Candidate } from './candidates.js'
import type { Catalog } from './catalog.js'
import type { FileSelector } from '../packaging/file-selector.js'
import type {
  CandidateFile,
  Closure,
  ClosureNote,
  Edge,
  KeptRelease,
  Member,
  Missing,
  Requirer,
  WhyLink,
} from './types.js'
import type { Step, StepMap, Walk } from './walk.js'
import { createStepMap } from './walk.js'

/** Puts together what the environments need. */
export async function createClosure(walks: readonly Walk[], catalog: Catalog): Promise<Closure> {
  const edges = mergeEdges(walks)
  const neededBy = new Map<string, Edge[]>()
  for (const edge of edges.values()) {
    const own = neededBy.get(edge.to)
    if (own === undefined) neededBy.set(edge.to, [edge])
    else own.push(edge)
  }
  const names = [...new Set(walks.flatMap(({ kept }) => [...kept.keys()]))].sort(compareCodePoints)
  const members = new Map<string, Member>()
  for (const name of names) {
    const candidates = (await catalog.candidatesOf(name))?.candidates ?? []
    members.set(name, {
      name,
      releases: keptReleases(name, candidates, walks),
      neededBy: sortEdges(neededBy.get(name) ?? []),
    })
  }
  return {
    members,
    missing: mergeMissing(walks, edges),
    notes: mergeNotes(walks),
    why: (name, version) => why(walks, name, version),
  }
}

function keptReleases(name: string, candidates: readonly Candidate[], walks: readonly Walk[]): KeptRelease[] {
  const kept: KeptRelease[] = []
  for (const { version, files } of candidates) {
    const own = walks.filter((walk) => walk.kept.get(name)?.has(version) === true)
    if (own.length === 0) continue
    const chosen = new Set(own.flatMap(({ selector }) => chosenFiles(files, selector)))
    const names = files.filter((file) => chosen.has(file)).map(({ filename }) => filename)
    kept.push({ version, files: names, environments: own.map(({ environment }) => environment.name) })
  }
  return kept
}

/** Yanked files only where there is no other. */
function chosenFiles(files: readonly CandidateFile[], selector: FileSelector): CandidateFile[] {
  const offered = selector.keep(files.filter(({ isYanked }) => !isYanked))
  return offered.length > 0 ? offered : selector.keep(files)
}

function compareTexts(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)]
  return (left && right ? compareVersions(left, right) : 0) || compareCodePoints(a, b)
}

/** One edge for each requirement line of a requirer, whatever the number of environments. */
function mergeEdges(walks: readonly Walk[]): StepMap<Edge> {
  const edges = createStepMap<Edge & { environments: readonly string[] }>()
  // Most edges count in the same environments, and share one list.
  const lists = new Map<readonly string[] | undefined, readonly string[]>()
  for (const { environment, steps } of walks) {
    lists.clear()
    const withOwn = (before: readonly string[] | undefined): readonly string[] => {
      const known = lists.get(before) ?? [...(before ?? []), environment.name]
      lists.set(before, known)
      return known
    }
    for (const step of steps) {
      const edge = edges.get(step)
      if (edge !== undefined) edge.environments = withOwn(edge.environments)
      else edges.set(step, { ...edgeOf(step), environments: withOwn(undefined) })
    }
  }
  return edges
}

function edgeOf({ from, line, isBuild }: Step): Omit<Edge, 'environments'> {
  return { from, to: line.name, line: line.line, isBuild }
}

function compareRequirers(a: Requirer, b: Requirer): number {
  // Roots come first.
  const isRoot = Number(a.version !== undefined) - Number(b.version !== undefined)
  return isRoot || compareCodePoints(a.name, b.name) || compareTexts(a.version ?? '0', b.version ?? '0')
}

function sortEdges(edges: readonly Edge[]): Edge[] {
  return [...edges].sort((a, b) => compareRequirers(a.from, b.from) || compareCodePoints(a.line, b.line))
}

/** A requirement may be met in one environment and not in another. */
function mergeMissing(walks: readonly Walk[], edges: StepMap<Edge>): Missing[] {
  const found = createStepMap<{ edge: Edge; reason: Missing['reason'] }>()
  for (const { environment, missing } of walks) {
    for (const { step, reason } of missing) {
      const edge = edges.get(step)
      if (edge === undefined) continue
      const environments = [...(found.get(step)?.edge.environments ?? []), environment.name]
      found.set(step, { edge: { ...edge, environments }, reason })
    }
  }
  const order = (a: Missing, b: Missing): number =>
    compareCodePoints(a.edge.to, b.edge.to) ||
    compareRequirers(a.edge.from, b.edge.from) ||
    compareCodePoints(a.edge.line, b.edge.line)
  return [...found.values()].sort(order)
}

function mergeNotes(walks: readonly Walk[]): ClosureNote[] {
  const notes = new Map<string, ClosureNote>()
  for (const note of walks.flatMap((walk) => walk.notes))
    notes.set(JSON.stringify([note.from, note.kind, note.detail]), note)
  const order = (a: ClosureNote, b: ClosureNote): number =>
    compareRequirers(a.from, b.from) || compareCodePoints(a.kind, b.kind) || compareCodePoints(a.detail, b.detail)
  return [...notes.values()].sort(order)
}

/** The shortest of the chains that the environments have. */
function why(walks: readonly Walk[], name: string, version: string | undefined): WhyLink[] {
  let shortest: WhyLink[] = []
  for (const walk of walks) {
    const versions = version === undefined ? [...(walk.kept.get(name)?.keys() ?? [])] : [version]
    for (const one of versions) {
      const chain = chainTo(walk, name, one)
      if (chain.length > 0 && (shortest.length === 0 || chain.length < shortest.length)) shortest = chain
    }
  }
  return shortest
}

function chainTo({ kept }: Walk, name: string, version: string): WhyLink[] {
  const chain: WhyLink[] = []
  let target: Requirer = { name, version }
  while (target.version !== undefined) {
    const step = kept.get(target.name)?.get(target.version)
    if (step === undefined) break
    chain.unshift({ from: step.from, line: step.line.line, to: target.name, version: target.version })
    target = step.from
  }
  return chain
}
