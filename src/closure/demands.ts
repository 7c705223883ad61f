import type { SpecifierSet } from '../packaging/specifier.js'
import { contains } from '../packaging/specifier.js'
import type { Candidate } from './candidates.js'
import { admitted } from './candidates.js'
import type { ParsedLine } from './requirement-cache.js'

/** A release that is kept together with an extra that is asked of it; '' for the release itself. */
export interface Activation {
  readonly candidate: Candidate
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
  readonly specifier: SpecifierSet
  /** what is kept for it */
  readonly kept: Set<Candidate>
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
export function createDemands(candidates: readonly Candidate[], versions: number): Demands {
  const demands = new Map<string, Demand>()
  const active = new Map<Candidate, Set<string>>()

  function activate({ kept, extras }: Demand, chosen: Iterable<Candidate>): Activation[] {
    const activations: Activation[] = []
    for (const candidate of chosen) {
      kept.add(candidate)
      const own = active.get(candidate) ?? new Set<string>()
      active.set(candidate, own)
      for (const extra of extras) {
        if (own.has(extra)) continue
        own.add(extra)
        activations.push({ candidate, extra })
      }
    }
    return activations
  }

  function create({ requirement: { specifier } }: ParsedLine, only: string | undefined): Demand {
    const pool = only === undefined ? candidates : candidates.filter(({ version }) => version === only)
    const fitting =
      only === undefined ? admitted(pool, specifier) : pool.filter(({ parsed }) => contains(specifier, parsed))
    return { specifier, kept: new Set(newest(fitting, versions)), extras: new Set(), isOwn: only !== undefined }
  }

  /** What a demand keeps for the sake of another one. */
  function common(one: Demand, other: Demand): Candidate[] {
    if (one.isOwn || other.isOwn || versions === 0) return []
    const both = function* (): Generator<Candidate> {
      for (const each of admitted(candidates, one.specifier)) if (contains(other.specifier, each.parsed)) yield each
    }
    return newest(both(), versions)
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
          // From either side, as one of them alone may admit pre-releases.
          const chosen = [...common(demand, other), ...common(other, demand)]
          for (const candidate of chosen) demand.kept.add(candidate)
          activations.push(...activate(other, chosen))
        }
        demands.set(key, demand)
      }
      activations.push(...activate(demand, demand.kept))
      return { activations, isMet: demand.kept.size > 0 }
    },
  }
}

function newest(candidates: Iterable<Candidate>, versions: number): Candidate[] {
  const chosen: Candidate[] = []
  for (const candidate of candidates) {
    chosen.push(candidate)
    if (chosen.length === versions) break
  }
  return chosen
}
