import type { SpecifierSet } from '../packaging/specifier.js'
import type { Version } from '../packaging/version.js'
import { compareVersions, parseVersion } from '../packaging/version.js'
import type { FileSelector } from '../packaging/file-selector.js'
import type { CandidateFile, CandidateRelease } from './types.js'

/** A release with the files that one of the environments can install. */
export interface Candidate extends CandidateRelease {
  readonly parsed: Version
}

/** The releases of a project that some environment can install, newest first. */
export interface ProjectCandidates {
  readonly candidates: readonly Candidate[]
  /** the other versions that upstream has */
  readonly unusable: readonly Version[]
}

export function candidatesFor(
  releases: readonly CandidateRelease[],
  selectors: readonly FileSelector[],
): ProjectCandidates {
  const candidates: Candidate[] = []
  const unusable: Version[] = []
  for (const { version, files } of releases) {
    const parsed = parseVersion(version)
    if (parsed === undefined) continue
    const usable = files.filter((file) => selectors.some((selector) => selector.isUsable(file)))
    if (usable.length > 0) candidates.push({ version, parsed, files: usable })
    else unusable.push(parsed)
  }
  candidates.sort((a, b) => compareVersions(b.parsed, a.parsed) || (a.version < b.version ? -1 : 1))
  return { candidates, unusable }
}

/** What pip would install of a release; yanked files only where there is no other, and for a requirement that pins (PEP 592). */
export interface Choice {
  readonly file: CandidateFile
  readonly isYanked: boolean
}

export function chooseFile(files: readonly CandidateFile[], selector: FileSelector): Choice | undefined {
  const file = selector.choose(files.filter(({ isYanked }) => !isYanked))
  if (file !== undefined) return { file, isYanked: false }
  const yanked = selector.choose(files)
  return yanked && { file: yanked, isYanked: true }
}

/** Whether the requirement names exactly one version. */
export function isPin({ specifiers }: SpecifierSet): boolean {
  return specifiers.some((one) => one.operator === '===' || (one.operator === '==' && !one.isWildcard))
}

/** Each specifier that names a pre-release admits pre-releases, but for `!=` (PEP 440). */
export function namesPrerelease({ specifiers }: SpecifierSet): boolean {
  return specifiers.some((one) => {
    if (one.operator === '!=') return false
    return one.operator === '===' ? parseVersion(one.text)?.isPrerelease === true : one.version.isPrerelease
  })
}
