import { counted } from '../count.js'
import { createNearestName } from '../model/nearest-name.js'
import type { NearestName } from '../model/nearest-name.js'
import { normalizeName } from '../packaging/name.js'
import { contains } from '../packaging/specifier.js'
import type { Specifier } from '../packaging/specifier.js'
import { compareVersions, parseVersion } from '../packaging/version.js'
import type { Version } from '../packaging/version.js'
import type { ListEntry } from './list-entries.js'

/**
 * What lists ask for and upstream does not have, by normalized name.
 * `names`: the name that was probably meant, '' where none is near. `versions`: entry -> the nearest version, or ''.
 */
export interface Unknown {
  readonly names: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export const NOTHING_UNKNOWN: Unknown = { names: {}, versions: {} }

/** For so many names the nearest one is looked for: each is compared with all names of upstream. */
const MOST_MEANT = 20

/** The listed names that upstream does not have. @param upstream all of its names, gone through twice at most */
export function unknownNames(
  entries: readonly ListEntry[],
  upstream: Iterable<readonly [rawName: string, serial: number]>,
): Unknown['names'] {
  const missing = new Set(entries.filter(({ list }) => list === 'wanted').map(({ name }) => name))
  if (missing.size === 0) return {}
  for (const [rawName] of upstream) missing.delete(normalizeName(rawName))
  const nearest = new Map(
    [...missing].slice(0, MOST_MEANT).map((name): [string, NearestName] => [name, createNearestName(name)]),
  )
  if (nearest.size > 0)
    for (const [rawName] of upstream) {
      const name = normalizeName(rawName)
      for (const one of nearest.values()) one.offer(name)
    }
  return Object.fromEntries([...missing].sort().map((name) => [name, nearest.get(name)?.best() ?? '']))
}

/** The wanted entries that pin a version, by project. */
export function pinsIn(entries: readonly ListEntry[]): Map<string, ListEntry[]> {
  const pins = new Map<string, ListEntry[]>()
  for (const entry of entries) {
    if (entry.list !== 'wanted' || !entry.requirement.specifier.specifiers.some(isPin)) continue
    pins.set(entry.name, [...(pins.get(entry.name) ?? []), entry])
  }
  return pins
}

/** The entries that pin a version which their project does not have, each with the nearest one. */
export function missingVersions(
  pinning: readonly ListEntry[] = [],
  versions: readonly string[] = [],
): Readonly<Record<string, string>> {
  const parsed = versions.flatMap((text) => parseVersion(text) ?? [])
  const missing = pinning.filter(({ requirement }) => !parsed.some((one) => contains(requirement.specifier, one)))
  return Object.fromEntries(missing.map((entry) => [entry.text, nearestVersion(entry, versions)]))
}

function isPin(specifier: Specifier): boolean {
  return specifier.operator === '===' || (specifier.operator === '==' && !specifier.isWildcard)
}

/** The greatest version below the pinned one, or else the smallest. */
function nearestVersion({ requirement }: ListEntry, texts: readonly string[]): string {
  const pin = requirement.specifier.specifiers.find(isPin)
  const pinned = pin === undefined ? undefined : parseVersion(pin.text)
  const known = texts
    .flatMap((text): { text: string; version: Version }[] => {
      const version = parseVersion(text)
      return version === undefined ? [] : [{ text, version }]
    })
    .sort((a, b) => compareVersions(a.version, b.version))
  const below = pinned === undefined ? [] : known.filter(({ version }) => compareVersions(version, pinned) < 0)
  return (below.at(-1) ?? known[0])?.text ?? ''
}

/** What is still unknown of what the lists ask for today. @param isKnown whether upstream turned out to have a name */
export function stillUnknown(
  unknown: Unknown,
  entries: readonly ListEntry[],
  isKnown: (name: string) => boolean,
): Unknown {
  const wanted = entries.filter(({ list }) => list === 'wanted')
  const names = new Set(wanted.map(({ name }) => name))
  const texts = new Set(wanted.map(({ text }) => text))
  return {
    names: Object.fromEntries(Object.entries(unknown.names).filter(([name]) => names.has(name) && !isKnown(name))),
    versions: Object.fromEntries(
      Object.entries(unknown.versions).flatMap(([name, missing]) => {
        const left = Object.entries(missing).filter(([text]) => texts.has(text))
        return left.length === 0 ? [] : [[name, Object.fromEntries(left)]]
      }),
    ),
  }
}

/** One line for each name and version, with the place in the list. */
export function unknownLines({ names, versions }: Unknown, entries: readonly ListEntry[]): string[] {
  const placeOf = (matches: (entry: ListEntry) => boolean): string => {
    const [first, ...more] = entries.filter((entry) => entry.list === 'wanted' && matches(entry))
    if (first === undefined) return ''
    return ` (${first.where}${more.length === 0 ? '' : ` and ${counted(more.length, 'more place')}`})`
  }
  return [
    ...Object.entries(names).map(([name, meant]) => {
      const hint = meant === '' ? '' : `; did you mean ${meant}?`
      return `${name}${placeOf((entry) => entry.name === name)}: upstream has no such project${hint}`
    }),
    ...Object.values(versions).flatMap((missing) =>
      Object.entries(missing).map(([text, near]) => {
        const hint = near === '' ? '' : `; the nearest is ${near}`
        return `${text}${placeOf((entry) => entry.text === text)}: upstream has no such version${hint}`
      }),
    ),
  ]
}

/** `2 listed projects and 1 pinned version are not on upstream`; undefined where everything is there */
export function unknownCount({ names, versions }: Unknown): string | undefined {
  const projects = Object.keys(names).length
  const pins = Object.values(versions).reduce((sum, missing) => sum + Object.keys(missing).length, 0)
  const parts = [
    ...(projects === 0 ? [] : [counted(projects, 'listed project')]),
    ...(pins === 0 ? [] : [counted(pins, 'pinned version')]),
  ]
  if (parts.length === 0) return undefined
  return `${parts.join(' and ')} ${projects + pins === 1 ? 'is' : 'are'} not on upstream`
}
