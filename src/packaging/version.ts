import { SPACE } from '../python/text.js'

/** A whole number of any size: a bigint only where a double might not hold it. Compare with `<` and `>` only. */
export type Count = number | bigint

/** A parsed version (PEP 440). */
export interface Version {
  readonly epoch: Count
  /** as written, with trailing zeros; never empty */
  readonly release: readonly Count[]
  readonly pre: { readonly phase: 'a' | 'b' | 'rc'; readonly number: Count } | undefined
  readonly post: Count | undefined
  readonly dev: Count | undefined
  /** lower case */
  readonly local: readonly (Count | string)[] | undefined
  /** an alpha, a beta, a release candidate or a development release */
  readonly isPrerelease: boolean
  readonly isPostrelease: boolean
  readonly isDevrelease: boolean
}

type EpochAndRelease = Pick<Version, 'epoch' | 'release'>

const VERSION = new RegExp(
  `^[${SPACE}]*v?(?:([0-9]+)!)?([0-9]+(?:\\.[0-9]+)*)` +
    '(?:[._-]?(alpha|a|beta|b|preview|pre|c|rc)[._-]?([0-9]+)?)?' +
    '(?:-([0-9]+)|[._-]?(post|rev|r)[._-]?([0-9]+)?)?' +
    '(?:[._-]?(dev)[._-]?([0-9]+)?)?' +
    `(?:\\+([a-z0-9]+(?:[._-][a-z0-9]+)*))?[${SPACE}]*$`,
  'i',
)

/** Reads a version in any spelling that PEP 440 allows; undefined if it is none. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text)
  if (match?.[2] === undefined) return undefined
  const [, epoch, release, preWord, preNumber, bareNumber, postWord, postNumber, devWord, devNumber, local] = match
  const post = bareNumber ?? (postWord === undefined ? undefined : (postNumber ?? '0'))
  const isDevrelease = devWord !== undefined
  return {
    epoch: toCount(epoch ?? '0'),
    release: release.split('.').map(toCount),
    pre: preWord === undefined ? undefined : { phase: toPhase(preWord), number: toCount(preNumber ?? '0') },
    post: post === undefined ? undefined : toCount(post),
    dev: isDevrelease ? toCount(devNumber ?? '0') : undefined,
    local: local?.toLowerCase().split(/[._-]/).map(toLocalPart),
    isPrerelease: isDevrelease || preWord !== undefined,
    isPostrelease: post !== undefined,
    isDevrelease,
  }
}

/** Negative, zero or positive, as `a` sorts before, with or after `b` (PEP 440, local version labels included). */
export function compareVersions(a: Version, b: Version): number {
  return comparePublic(a, b) || compareLocal(a.local, b.local)
}

/** The same order without regard to local version labels. */
export function comparePublic(a: Version, b: Version): number {
  return (
    compareRelease(a, b) ||
    comparePre(a, b) ||
    compareCount(a.post ?? -1, b.post ?? -1) ||
    compareCount(a.dev ?? Infinity, b.dev ?? Infinity)
  )
}

/** The order of epoch and release alone, in which 1.0 is 1.0.0. */
export function compareRelease(a: EpochAndRelease, b: EpochAndRelease): number {
  let order = compareCount(a.epoch, b.epoch)
  const length = Math.max(a.release.length, b.release.length)
  for (let i = 0; order === 0 && i < length; i++) order = compareCount(a.release[i] ?? 0, b.release[i] ?? 0)
  return order
}

/** The order of the pre-release segments alone. */
export function comparePre(a: Version, b: Version): number {
  const [rankA, rankB] = [preRank(a), preRank(b)]
  if (rankA !== rankB) return rankA < rankB ? -1 : 1
  return compareCount(a.pre?.number ?? 0, b.pre?.number ?? 0)
}

/** The normalized spelling, which Python gives as str(version). */
export function formatVersion(version: Version): string {
  const local = version.local === undefined ? '' : `+${version.local.join('.')}`
  return publicVersion(version) + local
}

/** The normalized spelling without the local version label. */
export function publicVersion({ pre, post, dev, ...version }: Version): string {
  return (
    baseVersion(version) +
    (pre === undefined ? '' : `${pre.phase}${pre.number}`) +
    (post === undefined ? '' : `.post${post}`) +
    (dev === undefined ? '' : `.dev${dev}`)
  )
}

/** Epoch and release alone, normalized. */
export function baseVersion({ epoch, release }: EpochAndRelease): string {
  return (epoch > 0 ? `${epoch}!` : '') + release.join('.')
}

function toCount(digits: string): Count {
  return digits.length <= 15 ? Number(digits) : BigInt(digits)
}

function toPhase(word: string): 'a' | 'b' | 'rc' {
  const first = word.charAt(0).toLowerCase()
  return first === 'a' || first === 'b' ? first : 'rc'
}

function toLocalPart(part: string): Count | string {
  return /^[0-9]+$/.test(part) ? toCount(part) : part
}

function compareCount(a: Count, b: Count): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A development release of the release itself comes before every pre-release, the release itself after them. */
function preRank({ pre, post, dev }: Version): number {
  if (pre !== undefined) return pre.phase === 'a' ? 1 : pre.phase === 'b' ? 2 : 3
  return post === undefined && dev !== undefined ? 0 : 4
}

/** None sorts first, a shorter label before one that goes on, words before numbers. */
function compareLocal(a: Version['local'], b: Version['local']): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  for (const [i, x] of a.entries()) {
    const y = b[i]
    if (y === undefined) return 1
    const isWord = typeof x === 'string'
    if (isWord !== (typeof y === 'string')) return isWord ? -1 : 1
    if (x < y) return -1
    if (x > y) return 1
  }
  return a.length - b.length
}
