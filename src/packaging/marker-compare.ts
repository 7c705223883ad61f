import type { MarkerOperator } from './marker.js'
import { normalizeName } from './name.js'
import type { Specifier } from './specifier.js'
import { admits, parseSpecifier } from './specifier.js'
import { parseVersion } from './version.js'
import { strip } from '../python/text.js'

/** Only these variables are compared as versions; the others as plain text. */
const VERSIONS = new Set(['implementation_version', 'platform_release', 'python_full_version', 'python_version'])

/** One comparison with the values filled in. */
export interface Comparison {
  /** the variable that decides how the values are compared */
  readonly variable: string
  readonly left: string
  readonly operator: MarkerOperator
  readonly right: string | ReadonlySet<string>
}

/**
 * Compares as `packaging` 26.3 does: by version for the variables above if the right side is a version specifier,
 * else as text, where `<` and `>` never hold and `<=` and `>=` mean equal. undefined where `packaging` raises an error.
 * https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
 */
export function compareValues({ variable, left, operator, right }: Comparison): boolean | undefined {
  if (typeof right !== 'string') return compareWithSet(left, operator, right)
  const specifier = VERSIONS.has(variable) ? parseSpecifier(strip(operator + right)) : undefined
  if (specifier !== undefined) return meets(specifier, left)
  switch (operator) {
    case 'in':
      return right.includes(left)
    case 'not in':
      return !right.includes(left)
    case '==':
    case '<=':
    case '>=':
      return left === right
    case '!=':
      return left !== right
    case '<':
    case '>':
      return false
    case '~=':
    case '===':
      return undefined
  }
}

/** `===` compares the text itself; to every other operator a text that is not a version is unequal. */
function meets(specifier: Specifier, text: string): boolean {
  if (specifier.operator === '===') return text.toLowerCase() === specifier.text.toLowerCase()
  const version = parseVersion(text)
  return version !== undefined && admits(specifier, version)
}

/** `extras` and `dependency_groups` of a lock file hold several names; no text equals such a set. */
function compareWithSet(left: string, operator: MarkerOperator, names: ReadonlySet<string>): boolean | undefined {
  if (operator === '~=' || operator === '===') return undefined
  if (operator === '!=') return true
  if (operator !== 'in' && operator !== 'not in') return false
  const isMember = [...names].some((name) => normalizeName(name) === normalizeName(left))
  return isMember === (operator === 'in')
}
