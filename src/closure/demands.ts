import { contains } from '../packaging/specifier.js'
import type { Candidate, Choice } from './candidates.js'
import { chooseFile, isPin, namesPrerelease } from './candidates.js'
import type { FileSelector } from '../packaging/file-selector.js'
import type { ParsedLine } from './requirement-cache.js'
import type { CandidateFile } from './types.js'

/** A release that is kept together with an extra that is asked of it; '' for the release itself. */
export interface Activation {
  readonly version: string
  /** the file that pip would install */
  readonly file: CandidateFile
  readonly extra: string
}

/** What one project is asked for in one environment. */
export interface Demands {
  /**
   * Adds a requirement, and tells which releases and extras it newly keeps. `isMet` is false if no release fits.
   * @param only the version of the release that asks for extras of itself, which no other release can provide
   */
  add(line: ParsedLine, only?: string): { readonly activations: readonly Activation[]; readonly isMet: boolean }
}

interface Demand {
  /** the candidates, by index, whose version the requirement admits */
  readonly fits: readonly boolean[]
  readonly isPin: boolean
  readonly namesPrerelease: boolean
  /** indexes of what is kept for it */
  readonly kept: Set<number>
  readonly extras: Set<string>
  /** true: a release asks for extras of itself */
  readonly isOwn: boolean
}

/**
 * Each requirement keeps the newest `versions` releases that it admits, and each two of them the newest that both
 * admit: a release that is too new for one of them is of no use to an installation that has both.
 * @param candidates newest first
 * @param versions 0: all
 */
export function createDemands(candidates: readonly Candidate[], selector: FileSelector, versions: number): Demands {
  const demands = new Map<string, Demand>()
  const choices = new Map<number, Choice | undefined>()
  const active = new Map<number, Set<string>>()

  function choiceOf(index: number): Choice | undefined {
    if (!choices.has(index)) choices.set(index, chooseFile(candidates[index]?.files ?? [], selector))
    return choices.get(index)
  }

  /** As pip decides: pre-releases only where the requirement names one or where there is nothing else. */
  function* admitted(demand: Demand): Generator<number> {
    const isUsable = (index: number): boolean => {
      const choice = demand.fits[index] === true ? choiceOf(index) : undefined
      return choice !== undefined && (demand.isPin || !choice.isYanked)
    }
    let found = false
    for (const [index, { parsed }] of candidates.entries()) {
      if ((parsed.isPrerelease && !demand.namesPrerelease) || !isUsable(index)) continue
      found = true
      yield index
    }
    if (found || demand.namesPrerelease) return
    for (const [index, { parsed }] of candidates.entries()) if (parsed.isPrerelease && isUsable(index)) yield index
  }

  function create({ requirement: { specifier } }: ParsedLine, only: string | undefined): Demand {
    const isOwn = only !== undefined
    const fits = candidates.map(({ version, parsed }) => (!isOwn || version === only) && contains(specifier, parsed))
    const rules = { isPin: isOwn || isPin(specifier), namesPrerelease: isOwn || namesPrerelease(specifier) }
    const demand = { fits, ...rules, kept: new Set<number>(), extras: new Set<string>(), isOwn }
    for (const index of newest(admitted(demand), versions)) demand.kept.add(index)
    return demand
  }

  /** What both keep for the sake of each other. Either may be the one that admits pre-releases. */
  function common(one: Demand, other: Demand): number[] {
    if (one.isOwn || other.isOwn || versions === 0) return []
    const both = function* (first: Demand, second: Demand): Generator<number> {
      for (const index of admitted(first)) if (second.fits[index] === true) yield index
    }
    return [...newest(both(one, other), versions), ...newest(both(other, one), versions)]
  }

  function activate({ kept, extras }: Demand, indexes: Iterable<number>): Activation[] {
    const activations: Activation[] = []
    for (const index of indexes) {
      kept.add(index)
      const [candidate, choice] = [candidates[index], choiceOf(index)]
      const own = active.get(index) ?? new Set<string>()
      active.set(index, own)
      for (const extra of extras) {
        if (candidate === undefined || choice === undefined || own.has(extra)) continue
        own.add(extra)
        activations.push({ version: candidate.version, file: choice.file, extra })
      }
    }
    return activations
  }

  return {
    add(line, only) {
      const key = `${only ?? ''} ${line.specifierKey}`
      const before = demands.get(key)
      const demand = before ?? create(line, only)
      for (const extra of ['', ...line.extras]) demand.extras.add(extra)
      const activations: Activation[] = []
      if (before === undefined) {
        for (const other of demands.values()) {
          const chosen = common(demand, other)
          for (const index of chosen) demand.kept.add(index)
          activations.push(...activate(other, chosen))
        }
        demands.set(key, demand)
      }
      activations.push(...activate(demand, demand.kept))
      return { activations, isMet: demand.kept.size > 0 }
    },
  }
}

function newest(indexes: Iterable<number>, versions: number): number[] {
  const chosen: number[] = []
  for (const index of indexes) {
    chosen.push(index)
    if (chosen.length === versions) break
  }
  return chosen
}
