import type { SpecifierSet } from '../packaging/specifier.js'
import { contains } from '../packaging/specifier.js'
import type { Version } from '../packaging/version.js'
import { compareVersions, parseVersion } from '../packaging/version.js'
import type { FileSelector } from './release-files.js'
import type { CandidateFile, CandidateRelease } from './types.js'

/** A release as one environment sees it. */
export interface Candidate {
  readonly version: string
  readonly parsed: Version
  /** the file that pip would install; undefined if it can use none. Decided when it is first asked for. */
  file(): CandidateFile | undefined
  /** true: pip takes the release only for a requirement that names exactly this version (PEP 592) */
  isYanked(): boolean
}

/** All releases with a valid version, newest first. */
export function candidatesFor(releases: readonly CandidateRelease[], selector: FileSelector): Candidate[] {
  const candidates: Candidate[] = []
  for (const { version, files } of releases) {
    const parsed = parseVersion(version)
    if (parsed !== undefined) candidates.push(candidateOf({ version, files }, parsed, selector))
  }
  return candidates.sort((a, b) => compareVersions(b.parsed, a.parsed) || (a.version < b.version ? -1 : 1))
}

function candidateOf({ version, files }: CandidateRelease, parsed: Version, selector: FileSelector): Candidate {
  let choice: { readonly file: CandidateFile | undefined; readonly isYanked: boolean } | undefined
  const decide = (): { readonly file: CandidateFile | undefined; readonly isYanked: boolean } => {
    if (choice !== undefined) return choice
    const file = selector.choose(files.filter(({ isYanked }) => !isYanked))
    choice = file === undefined ? { file: selector.choose(files), isYanked: true } : { file, isYanked: false }
    return choice
  }
  return { version, parsed, file: () => decide().file, isYanked: () => decide().isYanked }
}

/**
 * Which of the candidates a requirement admits, in their order, as pip decides: yanked ones only where the requirement
 * names the version, pre-releases only where it names one or where there is nothing else (PEP 440).
 */
export function* admitted(candidates: readonly Candidate[], specifier: SpecifierSet): Generator<Candidate> {
  const isPinned = specifier.specifiers.some(
    (one) => one.operator === '===' || (one.operator === '==' && !one.isWildcard),
  )
  const withPrereleases = namesPrerelease(specifier)
  const fits = (each: Candidate): boolean =>
    contains(specifier, each.parsed) && each.file() !== undefined && (isPinned || !each.isYanked())
  let found = false
  for (const candidate of candidates) {
    if ((candidate.parsed.isPrerelease && !withPrereleases) || !fits(candidate)) continue
    found = true
    yield candidate
  }
  if (found || withPrereleases) return
  for (const candidate of candidates) if (candidate.parsed.isPrerelease && fits(candidate)) yield candidate
}

/** Each specifier that names a pre-release admits pre-releases, but for `!=`. */
function namesPrerelease({ specifiers }: SpecifierSet): boolean {
  return specifiers.some((one) => {
    if (one.operator === '!=') return false
    return one.operator === '===' ? parseVersion(one.text)?.isPrerelease === true : one.version.isPrerelease
  })
}
