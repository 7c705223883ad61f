import { createHash } from 'node:crypto'
import { InvalidDocumentError } from '../errors.js'
import { normalizeName } from '../packaging/name.js'
import { affects } from './ranges.js'
import type { Advisory, AffectedProject, AffectedRange } from './types.js'

/**
 * Advisories by normalized project name. A value holds the project's advisories as compact JSON, sorted, with tabs
 * between them: 300,000 of these take 40 MB, and only the projects that are looked at are parsed.
 */
export type AdvisoryTable = ReadonlyMap<string, string>

/** Which versions of which projects are blocked, and why. */
export interface AdvisoryIndex {
  /** normalized, sorted */
  readonly projects: () => string[]
  /** what is known of a project, sorted by id; `name` in any spelling */
  readonly advisoriesFor: (name: string) => readonly Advisory[]
  /** ids of the advisories that block a version; none: it is not blocked */
  readonly blocking: (name: string, version: string) => readonly string[]
  /**
   * Changes when and only when what is known of the project changes; empty where nothing is. Only such projects
   * must be filtered again after an update of the feed. `name`: normalized
   */
  readonly fingerprint: (name: string) => string
  /** changes when anything does that the index knows; never empty */
  readonly id: () => string
}

/** Collects what records say. */
export interface TableBuilder {
  readonly add: (affected: AffectedProject) => void
  readonly finish: () => AdvisoryTable
}

export function createTableBuilder(): TableBuilder {
  const table = new Map<string, string>()
  return {
    add: ({ name, advisory: { id, versions, ranges } }) => {
      const piece = JSON.stringify([id, versions, ranges])
      const known = table.get(name)
      table.set(name, known === undefined ? piece : `${known}\t${piece}`)
    },
    finish: () => {
      for (const [name, pieces] of table) {
        if (pieces.includes('\t')) table.set(name, [...new Set(pieces.split('\t'))].sort().join('\t'))
      }
      return table
    },
  }
}

/** @param ignore ids of advisories, and names of projects, that block nothing */
export function createAdvisoryIndex(table: AdvisoryTable, ignore: readonly string[] = []): AdvisoryIndex {
  const ids = new Set(ignore)
  const names = new Set(ignore.map(normalizeName))
  const parse = (normalized: string): readonly Advisory[] => {
    const pieces = names.has(normalized) ? undefined : table.get(normalized)
    return pieces === undefined
      ? []
      : pieces
          .split('\t')
          .map(parsePiece)
          .filter(({ id }) => !ids.has(id))
  }
  // The versions of one project are asked for one after the other.
  let last: { readonly name: string; readonly advisories: readonly Advisory[] } = { name: '', advisories: [] }
  const advisoriesFor = (name: string): readonly Advisory[] => {
    const normalized = normalizeName(name)
    if (last.name !== normalized) last = { name: normalized, advisories: parse(normalized) }
    return last.advisories
  }
  return {
    projects: () => [...table.keys()].filter((name) => advisoriesFor(name).length > 0).sort(),
    advisoriesFor,
    blocking: (name, version) => {
      const found = advisoriesFor(name).filter((advisory) => affects(advisory, version))
      return [...new Set(found.map(({ id }) => id))]
    },
    fingerprint: (name) => {
      // A mirror of PyPI asks for a million names.
      if (!table.has(name)) return ''
      const advisories = advisoriesFor(name)
      if (advisories.length === 0) return ''
      return createHash('sha256').update(JSON.stringify(advisories)).digest('hex').slice(0, 16)
    },
    id: () => {
      const hash = createHash('sha256').update(JSON.stringify([...ids, ...names].sort()))
      for (const name of [...table.keys()].sort()) hash.update(`\n${name}\t${table.get(name) ?? ''}`)
      return hash.digest('hex').slice(0, 16)
    },
  }
}

/** @throws InvalidDocumentError for a table that this program did not write */
function parsePiece(piece: string): Advisory {
  const parsed: unknown = JSON.parse(piece)
  const parts: readonly unknown[] = Array.isArray(parsed) ? parsed : []
  const [id, versions, ranges] = parts
  if (typeof id === 'string' && isTexts(versions) && isRanges(ranges)) return { id, versions, ranges }
  throw new InvalidDocumentError('the stored advisories are damaged')
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isRanges(value: unknown): value is readonly AffectedRange[] {
  return Array.isArray(value) && value.every((range) => Array.isArray(range) && range.every(isTexts))
}
