import { beforeComment, COMMENT_HINT } from '../python/configparser/inline-comment.js'
import { normalizeName } from '../packaging/name.js'
import type { Requirement } from '../packaging/requirement.js'
import { parseRequirement, requirementKey } from '../packaging/requirement.js'
import { contains } from '../packaging/specifier.js'
import { parseVersion } from '../packaging/version.js'
import { strip } from '../python/text.js'
import { withoutComment } from './setting-lines.js'

/** One line of a package list. */
export interface PackageLine {
  /** stripped; comments cut off where the list allows them behind a requirement */
  readonly text: string
  /** position in the list, from 0 */
  readonly index: number
  readonly requirement: Requirement
}

export interface LineRules {
  /** lines that begin with one of these are passed over */
  readonly skip: readonly string[]
  /** a `#` behind a requirement begins a comment; without, such a line is an error */
  readonly comments: boolean
  /** makes the error for a line that is not a requirement */
  readonly fail: (line: string, number: number) => Error
}

/** The requirements of a package list. @throws what `fail` makes for the first line that is not a requirement */
export function parsePackageLines(lines: readonly string[], { skip, comments, fail }: LineRules): PackageLine[] {
  const parsed: PackageLine[] = []
  for (const [index, line] of lines.entries()) {
    const whole = strip(line)
    if (whole === '' || skip.some((start) => whole.startsWith(start))) continue
    const text = comments ? withoutComment(whole) : whole
    const requirement = parseRequirement(text)
    if (requirement === undefined) throw fail(whole, index + 1)
    parsed.push({ text, index, requirement })
  }
  return parsed
}

/** What is wrong with a line that is not a requirement, with what was probably meant. */
export function notRequirement(line: string): string {
  const problem = `${JSON.stringify(line)} is not a requirement`
  const text = beforeComment(line) ?? line
  if (text !== line && parseRequirement(text) !== undefined) return `${problem}; ${COMMENT_HINT}`
  const parts = text.split(/[\s,]+/).filter((part) => part !== '')
  const severalNames = parts.length > 1 && parts.every((part) => parseRequirement(part) !== undefined)
  return severalNames ? `${problem}: write one name a line, each indented` : problem
}

/** Requirements by normalized name. Extras and markers play no part: a list names projects, not an environment. */
export interface RequirementTable {
  readonly size: number
  /** whether the version meets one of the requirements on this project; false for what is not a version */
  admits(name: string, version: string): boolean
  /** whether a requirement on this project limits its versions */
  limits(name: string): boolean
  /** equal for tables that decide alike */
  readonly keys: readonly string[]
}

export function requirementTable(requirements: readonly Requirement[]): RequirementTable {
  const byName = new Map<string, Requirement[]>()
  for (const requirement of requirements) {
    const name = normalizeName(requirement.name)
    const known = byName.get(name)
    if (known) known.push(requirement)
    else byName.set(name, [requirement])
  }
  const on = (name: string): readonly Requirement[] => byName.get(normalizeName(name)) ?? []
  return {
    size: byName.size,
    admits: (name, text) => {
      const candidates = on(name)
      const version = candidates.length === 0 ? undefined : parseVersion(text)
      return version !== undefined && candidates.some(({ specifier }) => contains(specifier, version))
    },
    limits: (name) => on(name).some(({ specifier }) => specifier.length > 0),
    keys: [...new Set(requirements.map(requirementKey))].sort(),
  }
}

/** Normalized names, each once, sorted. */
export function namesOf(requirements: readonly Requirement[]): string[] {
  return [...new Set(requirements.map(({ name }) => normalizeName(name)))].sort()
}
