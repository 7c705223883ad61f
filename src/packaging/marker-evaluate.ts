import type { Marker, MarkerComparison } from './marker.js'
import { compareValues } from './marker-compare.js'
import { normalizeName } from './name.js'

/**
 * What can be said of a marker: `unknown` where the environment leaves a variable open that decides,
 * `error` where `packaging` refuses to evaluate it.
 */
export type Truth = 'true' | 'false' | 'unknown' | 'error'

/** A variable that has one of several values. */
export interface OpenValue {
  readonly values: readonly string[]
  /** true: it may also be any other text */
  readonly isAnyText: boolean
}

/** A text, a set of names (only `extras` and `dependency_groups` of lock files), or not decided. */
export type MarkerValue = string | ReadonlySet<string> | OpenValue

/** Variable name to value. A marker that names another variable is an error. */
export type MarkerVariables = ReadonlyMap<string, MarkerValue>

export interface MarkerEvaluator {
  /**
   * Whether a requirement with this marker counts when these extras (none: `[]`) are asked for, as pip decides:
   * it counts if it does for one of them.
   */
  evaluate(marker: Marker, extras?: readonly string[]): Truth
}

/**
 * Evaluates markers in one environment. Comparisons are remembered for as long as the marker's tree lives,
 * so the same trees should be passed again where possible.
 */
export function createMarkerEvaluator(variables: MarkerVariables): MarkerEvaluator {
  const known = new WeakMap<MarkerComparison, Truth>()
  const repaired = repairFullVersion(variables)

  function decide(comparison: MarkerComparison, extra: string): Truth {
    if (variableOf(comparison) === 'extra') return compare(comparison, extra)
    const before = known.get(comparison)
    if (before !== undefined) return before
    const truth = compare(comparison, repaired.get(variableOf(comparison)))
    known.set(comparison, truth)
    return truth
  }

  return {
    evaluate: (marker, extras = []) =>
      either(
        (extras.length === 0 ? [''] : extras).map((extra) => walk(marker, (c) => decide(c, normalizeName(extra)))),
      ),
  }
}

/** Evaluates a marker of a lock file (PEP 751), which knows `extras` and `dependency_groups` but no `extra`. */
export function evaluateLockMarker(
  marker: Marker,
  variables: MarkerVariables,
  chosen: { readonly extras: readonly string[]; readonly groups: readonly string[] },
): Truth {
  const all = new Map(repairFullVersion(variables))
  all.set('extras', new Set(chosen.extras)).set('dependency_groups', new Set(chosen.groups))
  return walk(marker, (comparison) => compare(comparison, all.get(variableOf(comparison))))
}

/** A Python built from untagged sources calls itself `3.13.0+`, which is not a version. */
function repairFullVersion(variables: MarkerVariables): MarkerVariables {
  const version = variables.get('python_full_version')
  if (typeof version !== 'string' || !version.endsWith('+')) return variables
  return new Map(variables).set('python_full_version', `${version}local`)
}

/** `packaging` also takes a quoted text on the right for a variable's name if there is none on the left. */
function variableOf({ left, right }: MarkerComparison): string {
  return left.isVariable ? left.text : right.text
}

function walk(marker: Marker, decide: (comparison: MarkerComparison) => Truth): Truth {
  if (marker.kind === 'comparison') return decide(marker)
  const alternatives: Truth[][] = [[]]
  for (const [i, term] of marker.terms.entries()) {
    if (i > 0 && marker.operators[i - 1] === 'or') alternatives.push([])
    alternatives.at(-1)?.push(walk(term, decide))
  }
  return either(alternatives.map(both))
}

/** No term is skipped because of another, so an error in any of them is one of the whole. */
function either(truths: readonly Truth[]): Truth {
  return strongest(truths, ['error', 'true', 'unknown', 'false'])
}

function both(truths: readonly Truth[]): Truth {
  return strongest(truths, ['error', 'false', 'unknown', 'true'])
}

function strongest(truths: readonly Truth[], order: readonly [Truth, Truth, Truth, Truth]): Truth {
  return order.find((truth) => truths.includes(truth)) ?? order[3]
}

function compare(comparison: MarkerComparison, value: MarkerValue | undefined): Truth {
  const { left, operator, right } = comparison
  const variable = variableOf(comparison)
  const test = (text: string): Truth =>
    answer(
      compareValues({
        variable,
        operator,
        ...(left.isVariable ? { left: text, right: right.text } : { left: left.text, right: text }),
      }),
    )
  if (value === undefined) return 'error'
  if (typeof value === 'string') return test(value)
  if (isOpen(value)) return common(candidates(value, left.isVariable ? right.text : left.text).map(test))
  return left.isVariable ? 'error' : answer(compareValues({ variable, left: left.text, operator, right: value }))
}

function answer(holds: boolean | undefined): Truth {
  return holds === undefined ? 'error' : holds ? 'true' : 'false'
}

/** Whether an environment leaves the variable open. */
export function isOpen(value: MarkerValue): value is OpenValue {
  return typeof value === 'object' && 'isAnyText' in value
}

/** What all possible values of an open variable have in common. */
function common(truths: readonly Truth[]): Truth {
  if (truths.includes('error')) return 'error'
  const first = truths[0] ?? 'unknown'
  return truths.every((truth) => truth === first) ? first : 'unknown'
}

/**
 * Values that stand for all: where any text is possible, these bring out each answer that a comparison
 * with the literal can have, as text and as a version above, below and equal.
 */
function candidates({ values, isAnyText }: OpenValue, literal: string): readonly string[] {
  if (!isAnyText) return values
  const bare = literal.replace(/\.\*$/, '')
  const epoch = /^\s*v?(\d{1,9})!/.exec(literal)?.[1] ?? '0'
  return [...values, literal, bare, `${bare}.0`, `${literal}x`, `${Number(epoch) + 1}!1.0`]
}
