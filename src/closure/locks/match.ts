import { compareVersions, parseVersion } from '../../packaging/version.js'
import type { LockedFile, LockedPackage } from './types.js'

/** A file as upstream has it. */
export interface UpstreamFile {
  readonly filename: string
  /** algorithm -> digest in lower-case hex */
  readonly digests: ReadonlyMap<string, string>
}

export interface LockProblem {
  readonly kind: 'no-version' | 'no-file' | 'digest' | 'not-comparable'
  /** the file that the lock file names; null for any with one of its hashes */
  readonly filename: string | null
  readonly detail: string
}

export interface LockMatch {
  /** upstream's version and names of the files that are kept */
  readonly version: string | undefined
  readonly files: readonly string[]
  readonly problems: readonly LockProblem[]
}

/**
 * Which files of a project a pinned package of a lock file asks for. A digest that differs from upstream's is a problem:
 * such a file must not be mirrored. Without any hash all files of the release are meant.
 */
export function matchLocked(
  { name, version, files }: Pick<LockedPackage, 'name' | 'version' | 'files'>,
  releases: readonly { readonly version: string; readonly files: readonly UpstreamFile[] }[],
): LockMatch {
  const wanted = version === undefined ? undefined : parseVersion(version)
  const release = releases.find((each) => {
    const parsed = parseVersion(each.version)
    return each.version === version || (wanted && parsed && compareVersions(wanted, parsed) === 0)
  })
  if (release === undefined) {
    const detail = `upstream has no ${name} ${version ?? ''}`.trim()
    return { version: undefined, files: [], problems: [{ kind: 'no-version', filename: null, detail }] }
  }
  if (files.length === 0)
    return { version: release.version, files: release.files.map(({ filename }) => filename), problems: [] }
  const kept = new Set<string>()
  const problems: LockProblem[] = []
  for (const file of files) {
    const found = file.name === null ? anyOf(file, release.files) : namedOf(file, release.files)
    if (typeof found === 'string') kept.add(found)
    else problems.push(found)
  }
  return {
    version: release.version,
    files: release.files.map(({ filename }) => filename).filter((each) => kept.has(each)),
    problems,
  }
}

function anyOf({ hashes }: LockedFile, upstream: readonly UpstreamFile[]): string | LockProblem {
  const found = upstream.find(({ digests }) => [...hashes].some(([algorithm, hex]) => digests.get(algorithm) === hex))
  if (found !== undefined) return found.filename
  const detail = `no file upstream has the hash ${[...hashes].map((pair) => pair.join(':')).join(' or ')}`
  return { kind: 'no-file', filename: null, detail }
}

function namedOf({ name, hashes }: LockedFile, upstream: readonly UpstreamFile[]): string | LockProblem {
  const found = upstream.find(({ filename }) => filename === name)
  if (found === undefined) return { kind: 'no-file', filename: name, detail: 'upstream has no such file' }
  const shared = [...hashes].filter(([algorithm]) => found.digests.has(algorithm))
  const wrong = shared.find(([algorithm, hex]) => found.digests.get(algorithm) !== hex)
  if (wrong !== undefined) {
    const [algorithm, hex] = wrong
    return {
      kind: 'digest',
      filename: name,
      detail: `${algorithm} is ${hex} in the lock file and ${found.digests.get(algorithm)} upstream`,
    }
  }
  if (hashes.size > 0 && shared.length === 0) {
    const detail = `upstream gives no ${[...hashes.keys()].join(' or ')} digest to compare`
    return { kind: 'not-comparable', filename: name, detail }
  }
  return found.filename
}
