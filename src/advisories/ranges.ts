import type { Version } from '../packaging/version.js'
import { compareVersions, formatVersion, parseVersion } from '../packaging/version.js'
import type { Advisory, AffectedRange, RangeEvent } from './types.js'

/**
 * Whether an advisory affects a version: it is listed, or lies in a range.
 * https://ossf.github.io/osv-schema/#evaluation
 */
export function affects({ versions, ranges }: Advisory, version: string): boolean {
  if (versions.includes(version)) return true
  const key = versionKey(version)
  if (versions.some((each) => versionKey(each) === key)) return true
  const parsed = parseVersion(version)
  return ranges.some((range) => inRange(range, parsed))
}

/** A text that is equal for equal versions: `1.0` is `1.0.0`. */
function versionKey(text: string): string {
  const version = parseVersion(text)
  if (version === undefined) return text.trim().toLowerCase()
  const end = version.release.findLastIndex((count) => count > 0) + 1
  return formatVersion({ ...version, release: version.release.slice(0, Math.max(end, 1)) })
}

/**
 * @param version undefined: not a version by PEP 440. Such versions sort before all others, as pip had it when
 * they could still be uploaded.
 */
function inRange(range: AffectedRange, version: Version | undefined): boolean {
  const limits = range.filter(([kind, text]) => kind === 'limit' && text !== '*')
  if (limits.length > 0 && !limits.some(([, text]) => compareTo(version, text) < 0)) return false
  let affected = false
  for (const [kind, text] of [...range].sort(compareEvents)) {
    const order = compareTo(version, text)
    if (kind === 'introduced' && order >= 0) affected = true
    if (kind === 'fixed' && order >= 0) affected = false
    if (kind === 'last_affected' && order > 0) affected = false
  }
  return affected
}

/** `0` stands for what comes before every version. */
function compareTo(version: Version | undefined, text: string): number {
  const bound = text === '0' ? undefined : parseVersion(text)
  if (version === undefined || bound === undefined) return Number(version !== undefined) - Number(bound !== undefined)
  return compareVersions(version, bound)
}

/** Of events at one version the end of a range comes before the beginning of the next. */
function compareEvents([kindA, a]: RangeEvent, [kindB, b]: RangeEvent): number {
  const order = compareTo(a === '0' ? undefined : parseVersion(a), b)
  return order === 0 ? Number(kindA === 'introduced') - Number(kindB === 'introduced') : order
}

/** Every version of a project. */
export const ALL_VERSIONS: readonly AffectedRange[] = [[['introduced', '0']]]

/** The affected versions, for people: `all versions`, `1.0, 1.1`, `>= 1.0, < 1.2`. */
export function affectedText({ versions, ranges }: Advisory): string {
  if (ranges.some(isEverything)) return 'all versions'
  const listed = versions.length > MOST_SHOWN ? [...versions.slice(0, MOST_SHOWN), '...'] : versions
  const texts = ranges.map((range) => [...range].sort(compareEvents).map(eventText).filter(Boolean).join(', '))
  return [...texts, listed.join(', ')].filter((text) => text !== '').join('; ')
}

const MOST_SHOWN = 10
const SIGNS = { introduced: '>=', fixed: '<', last_affected: '<=', limit: '<' } as const

function isEverything(range: AffectedRange): boolean {
  return range.every(([kind, text]) => kind === 'introduced' && text === '0') && range.length > 0
}

function eventText([kind, text]: RangeEvent): string {
  return (kind === 'introduced' && text === '0') || text === '*' ? '' : `${SIGNS[kind]} ${text}`
}
