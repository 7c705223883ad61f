import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { oneLine } from '../one-line.js'
import { isValidName, normalizeName } from '../packaging/name.js'
import { parseVersion } from '../packaging/version.js'
import { ALL_VERSIONS } from './ranges.js'
import type { AffectedProject, AffectedRange, ParsedRecord, RangeEvent, RawRecord } from './types.js'

const OTHER: ParsedRecord = { kind: 'other' }
const WITHDRAWN: ParsedRecord = { kind: 'withdrawn' }
const ID = /^[A-Za-z0-9][A-Za-z0-9.:_-]{0,99}$/
const LONGEST_NAME = 200
const LONGEST_VERSION = 200

/** Ends the reading of a record that cannot be understood. */
class Unreadable extends Error {}

/** Whether an id begins with one of the prefixes, such as `MAL-`. */
export function isWanted(id: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => id.startsWith(prefix))
}

/**
 * Reads a record of the OSV schema (https://ossf.github.io/osv-schema/). Only what decides is kept: id, project,
 * versions, ranges.
 * @param prefixes of the ids that are wanted
 */
export function parseRecord({ name, text }: RawRecord, prefixes: readonly string[]): ParsedRecord {
  if (text === undefined) return OTHER
  try {
    return readRecord(parseJson(text), prefixes)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { kind: 'unreadable', problem: oneLine(`${name}: ${error.message}`) }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable('it is not JSON')
  }
}

function readRecord(record: unknown, prefixes: readonly string[]): ParsedRecord {
  if (!isObject(record)) throw new Unreadable('it is not an object')
  const id = field(record, 'id')
  if (typeof id !== 'string' || !ID.test(id)) throw new Unreadable('it has no id')
  if (!isWanted(id, prefixes)) return OTHER
  if (typeof field(record, 'withdrawn') === 'string') return WITHDRAWN
  const affected = field(record, 'affected')
  if (!Array.isArray(affected)) return OTHER
  const projects = affected.flatMap((each) => readAffected(each, id))
  return projects.length === 0 ? OTHER : { kind: 'advisory', projects }
}

/** What one entry of `affected` says of a project on PyPI: nothing, or one advisory. */
function readAffected(affected: unknown, id: string): AffectedProject[] {
  const shown = isObject(affected) ? field(affected, 'package') : undefined
  if (!isObject(affected) || !isObject(shown) || field(shown, 'ecosystem') !== 'PyPI') return []
  const name = field(shown, 'name')
  if (typeof name !== 'string' || name.length > LONGEST_NAME || !isValidName(name)) {
    throw new Unreadable(`${id} is about a project without a valid name`)
  }
  const versions = listIn(affected, 'versions').map(asVersion)
  const given = listIn(affected, 'ranges')
  const ranges = given.flatMap((range) => readRange(range, id))
  if (versions.length === 0 && ranges.length === 0 && given.length > 0) {
    throw new Unreadable(`${id} has no versions and no ranges that can be read`)
  }
  // A record that names a project and says nothing of versions is about all of them.
  const isWhole = versions.length === 0 && ranges.length === 0
  return [{ name: normalizeName(name), advisory: { id, versions, ranges: isWhole ? ALL_VERSIONS : ranges } }]
}

function listIn(object: JsonObject, name: string): readonly unknown[] {
  const value = field(object, name)
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Unreadable(`${name} is not a list`)
  return value
}

function asVersion(value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_VERSION) return value
  throw new Unreadable('a version is not a text')
}

/** Ranges of commits (GIT) and of other ecosystems' versions (SEMVER) say nothing of PyPI's versions. */
function readRange(range: unknown, id: string): AffectedRange[] {
  if (!isObject(range)) throw new Unreadable('a range is not an object')
  if (field(range, 'type') !== 'ECOSYSTEM') return []
  const events = listIn(range, 'events').flatMap(readEvent)
  if (!events.some(([kind]) => kind === 'introduced')) throw new Unreadable(`${id} has a range without a beginning`)
  return [events]
}

const KINDS = ['introduced', 'fixed', 'last_affected', 'limit'] as const

function readEvent(event: unknown): RangeEvent[] {
  if (!isObject(event)) throw new Unreadable('an event of a range is not an object')
  return KINDS.flatMap((kind): RangeEvent[] => {
    const value = field(event, kind)
    if (value === undefined) return []
    const version = asVersion(value)
    const isPlain = parseVersion(version) !== undefined || (kind === 'limit' && version === '*')
    if (!isPlain) throw new Unreadable(`an event of a range has the version "${version}"`)
    return [[kind, version]]
  })
}
