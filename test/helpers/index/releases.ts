import { compareVersions, parseVersion } from '../../../src/packaging/version.js'
import type { CoreMetadata } from './core-metadata.js'
import { parseCoreMetadata } from './core-metadata.js'
import { sha256Of } from './digests.js'
import type { IndexFile, IndexProject, IndexRelease } from './types.js'

/** Releases by version, oldest first; what is no version sorts before all that are. */
export function sortedReleases(project: IndexProject): IndexRelease[] {
  return [...project.releases.values()].sort((a, b) => compareVersionTexts(a.version, b.version))
}

/** A release's files in the order of their names. */
export function sortedFiles(release: IndexRelease): IndexFile[] {
  return [...release.files].sort((a, b) => (a.filename < b.filename ? -1 : 1))
}

/** The release that PyPI shows: the newest that is neither yanked nor a pre-release, else the newest there is. */
export function shownRelease(project: IndexProject): IndexRelease | undefined {
  const newestFirst = sortedReleases(project).reverse()
  const kept = newestFirst.filter((release) => release.yanked === false)
  return kept.find((release) => parseVersion(release.version)?.isPrerelease !== true) ?? kept[0] ?? newestFirst[0]
}

/** Core metadata of a release: that of the file uploaded first. */
export function releaseMetadata(release: IndexRelease): CoreMetadata {
  return parseCoreMetadata(release.files[0]?.metadata ?? Buffer.alloc(0))
}

/** What pages say of a file's core metadata (PEP 714). */
export function coreMetadataDigest(file: IndexFile): { readonly sha256: string } | false {
  return file.servesMetadata ? { sha256: sha256Of(file.metadata) } : false
}

/** ISO 8601 with microseconds, UTC. */
export function uploadTimeText(file: IndexFile): string {
  return file.uploadTime.toISOString().replace('Z', '000Z')
}

function compareVersionTexts(a: string, b: string): number {
  const [first, second] = [parseVersion(a), parseVersion(b)]
  if (first !== undefined && second !== undefined) return compareVersions(first, second)
  return Number(first !== undefined) - Number(second !== undefined) || (a < b ? -1 : 1)
}
