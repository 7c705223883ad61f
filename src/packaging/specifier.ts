import { SPACE, strip } from '../python/text.js'
import { compareCodePoints } from '../python/code-points.js'
import type { Version } from './version.js'
import { comparePre, comparePublic, compareRelease, compareVersions, formatVersion, parseVersion } from './version.js'

/** `===`: the version's normalized text is this text, letter case aside. */
export interface ArbitrarySpecifier {
  readonly operator: '==='
  /** what follows the operator, as written */
  readonly text: string
}

/** A specifier that compares versions. */
export interface VersionSpecifier {
  readonly operator: '~=' | '==' | '!=' | '<=' | '>=' | '<' | '>'
  /** what follows the operator, as written */
  readonly text: string
  /** the text's version, without a trailing `.*` */
  readonly version: Version
  readonly isWildcard: boolean
}

/** One version specifier (PEP 440), such as `>=1.0` or `==2.*`. */
export type Specifier = ArbitrarySpecifier | VersionSpecifier

/** Specifiers that a version must all meet; no specifiers admit every version. */
export interface SpecifierSet {
  /** sorted by text, of equal ones only the first */
  readonly specifiers: readonly Specifier[]
  readonly length: number
}

const OPERATORS = ['===', '~=', '==', '!=', '<=', '>=', '<', '>'] as const
const INNER = new RegExp(`[${SPACE}]`)

/** Reads specifiers separated by commas; undefined if one of them is not valid. Empty ones are passed over. */
export function parseSpecifierSet(text: string): SpecifierSet | undefined {
  const specifiers: Specifier[] = []
  for (const part of text.split(',')) {
    const stripped = strip(part)
    if (stripped === '') continue
    const specifier = parseSpecifier(stripped)
    if (specifier === undefined) return undefined
    specifiers.push(specifier)
  }
  const distinct = sortDistinct(specifiers)
  return { specifiers: distinct, length: distinct.length }
}

/** Whether the version meets every specifier. Pre-releases are admitted like any other version. */
export function contains(set: SpecifierSet, version: Version): boolean {
  return set.specifiers.every((specifier) => admits(specifier, version))
}

/** The set as Python prints it. */
export function formatSpecifierSet(set: SpecifierSet): string {
  return set.specifiers.map(spell).join(',')
}

/** Texts that are equal, one by one, for sets that Python holds equal (`==1.0` is `==1.0.0`). */
export function specifierSetKey(set: SpecifierSet): string[] {
  return set.specifiers.map(canonical)
}

/** Reads one specifier without white space around it; undefined if it is not valid. */
export function parseSpecifier(text: string): Specifier | undefined {
  const operator = OPERATORS.find((each) => text.startsWith(each))
  if (operator === undefined) return undefined
  const rest = strip(text.slice(operator.length))
  if (INNER.test(rest)) return undefined
  if (operator === '===') return /[;)]/.test(rest) ? undefined : { operator, text: rest }

  const isWildcard = rest.endsWith('.*')
  const version = parseVersion(isWildcard ? rest.slice(0, -2) : operator === '~=' ? foldLongS(rest) : rest)
  if (version === undefined) return undefined
  const isEquality = operator === '==' || operator === '!='
  if (!isEquality && (isWildcard || version.local !== undefined)) return undefined
  if (isWildcard && (version.isPrerelease || version.isPostrelease || version.local !== undefined)) return undefined
  if (operator === '~=' && version.release.length < 2) return undefined
  return { operator, text: rest, version, isWildcard }
}

/** packaging lets Unicode case folding into the words after this one operator: `po\u017ft` is `post` there. */
function foldLongS(text: string): string {
  return text.replace(/\u017f/g, 's').replace(/[\u0130\u0131]/g, 'i')
}

/** Whether the version meets one specifier. */
export function admits(specifier: Specifier, version: Version): boolean {
  if (specifier.operator === '===') return formatVersion(version) === specifier.text.toLowerCase()
  const bound = specifier.version
  switch (specifier.operator) {
    case '==':
      return equals(version, specifier)
    case '!=':
      return !equals(version, specifier)
    case '~=':
      return compareVersions(version, bound) >= 0 && hasPrefix(version, bound, bound.release.length - 1)
    case '<=':
      return comparePublic(version, bound) <= 0
    case '>=':
      return compareVersions(version, bound) >= 0
    case '<':
      // The pre-releases of a bound that is none itself do not count as below it.
      return compareVersions(version, bound.isPrerelease ? bound : { ...bound, dev: 0 }) < 0
    case '>':
      return comparePublic(version, bound) > 0 && !isPostreleaseOf(version, bound)
  }
}

/** A local version label counts only if the specifier has one. */
function equals(version: Version, { version: bound, isWildcard }: VersionSpecifier): boolean {
  if (isWildcard) return hasPrefix(version, bound, bound.release.length)
  return (bound.local === undefined ? comparePublic(version, bound) : compareVersions(version, bound)) === 0
}

function hasPrefix(version: Version, bound: Version, length: number): boolean {
  const [release, prefix] = [version.release.slice(0, length), bound.release.slice(0, length)]
  return compareRelease({ epoch: version.epoch, release }, { epoch: bound.epoch, release: prefix }) === 0
}

/** Whether `>` must pass over a version above its bound: the bound's own post-releases. */
function isPostreleaseOf(version: Version, bound: Version): boolean {
  if (bound.isPostrelease || bound.isDevrelease) return false
  return compareRelease(version, bound) === 0 && comparePre(version, bound) === 0
}

function sortDistinct(specifiers: readonly Specifier[]): Specifier[] {
  const first = new Map<string, Specifier>()
  for (const specifier of [...specifiers].sort((a, b) => compareCodePoints(spell(a), spell(b)))) {
    const key = canonical(specifier)
    if (!first.has(key)) first.set(key, specifier)
  }
  return [...first.values()]
}

function spell({ operator, text }: Specifier): string {
  return operator + text
}

/** The specifier's normalized text: 1.0 is 1.0.0, but not after `~=`, where the number of segments counts. */
function canonical(specifier: Specifier): string {
  const { operator, text } = specifier
  if (operator === '===' || specifier.isWildcard) return operator + text
  const { version } = specifier
  const end = operator === '~=' ? version.release.length : version.release.findLastIndex((count) => count > 0) + 1
  return operator + formatVersion({ ...version, release: version.release.slice(0, Math.max(end, 1)) })
}
