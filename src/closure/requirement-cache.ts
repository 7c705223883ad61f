import { normalizeName } from '../packaging/name.js'
import type { Requirement } from '../packaging/requirement.js'
import { parseRequirement } from '../packaging/requirement.js'
import { specifierSetKey } from '../packaging/specifier.js'

/** A requirement line that was read once for all releases that have it. */
export interface ParsedLine {
  readonly line: string
  readonly requirement: Requirement
  /** normalized name of what is needed */
  readonly name: string
  /** normalized extras of it */
  readonly extras: readonly string[]
  /** the same for specifiers that mean the same */
  readonly specifierKey: string
}

/** Reads requirement lines and remembers them; undefined for what is not a requirement. */
export type LineReader = (line: string) => ParsedLine | undefined

export function createLineReader(): LineReader {
  const known = new Map<string, ParsedLine | undefined>()
  return (line) => {
    if (known.has(line)) return known.get(line)
    const requirement = parseRequirement(line)
    const parsed = requirement && parsedLine(line, requirement)
    known.set(line, parsed)
    return parsed
  }
}

export function parsedLine(line: string, requirement: Requirement): ParsedLine {
  return {
    ...{ line, requirement, name: normalizeName(requirement.name) },
    extras: [...new Set(requirement.extras.map(normalizeName))].sort(),
    specifierKey: specifierSetKey(requirement.specifier).join(),
  }
}
