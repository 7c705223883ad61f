import { isValidName, normalizeName } from '../../packaging/name.js'
import { checkFileName, STRONG } from './locked-file.js'
import type { LockContent, LockedPackage, LockFormat, LockWarning, LockWarningKind, Place } from './types.js'
import { LockFileError } from './types.js'

/** Gathers packages and warnings while a lock file is read. */
export interface Collector {
  /** Adds a package, with warnings about missing and weak hashes and repeated entries. */
  add(found: Partial<Omit<LockedPackage, 'place'>> & { readonly name: string }, place: Place): void
  warn(
    kind: LockWarningKind,
    place: Place,
    about: { readonly name?: string | undefined; readonly detail: string },
  ): void
  content(format: LockFormat): LockContent
}

const PYPI = /^https?:\/\/(?:www\.)?pypi\.(?:org|python\.org)(?:\/simple)?\/*$/i

/** Whether the URL of an index is PyPI's. */
export function isPypi(url: string): boolean {
  return PYPI.test(url)
}

export function createCollector(): Collector {
  const packages: LockedPackage[] = []
  const warnings: LockWarning[] = []
  const files: string[] = []
  const seen = new Set<string>()

  const warn: Collector['warn'] = (kind, place, { name, detail }) => {
    if (!files.includes(place.file)) files.push(place.file)
    warnings.push({ kind, package: name && normalizeName(name), ...place, detail })
  }

  return {
    warn,
    add(found, place) {
      const { name, version, files: locked = [] } = found
      if (!isValidName(name))
        throw new LockFileError('name', place, `${JSON.stringify(name)} is not the name of a project`)
      for (const file of locked) checkFileName(file, { name, version }, place)
      const complete = {
        ...{ marker: undefined, specifier: undefined, index: undefined, extras: [], ...found },
        ...{ name: normalizeName(name), version, files: locked },
      }
      const key = JSON.stringify(complete, (_, value: unknown) => (value instanceof Map ? [...value] : value))
      const about = { name, detail: version ?? '' }
      if (seen.has(key)) {
        warn('duplicate', place, about)
        return
      }
      seen.add(key)
      packages.push({ ...complete, place })
      if (found.index !== undefined) warn('index', place, { name, detail: found.index })
      if (locked.some(({ hashes }) => hashes.size === 0)) warn('no-hash', place, about)
      const isWeak = locked.some(({ hashes }) => hashes.size > 0 && [...hashes.keys()].every(isWeakDigest))
      if (isWeak) warn('weak-hash', place, about)
    },
    content(format) {
      const order = (a: LockWarning, b: LockWarning): number =>
        files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0)
      return { format, packages, warnings: [...warnings].sort(order) }
    },
  }
}

function isWeakDigest(algorithm: string): boolean {
  return !STRONG.includes(algorithm) && (algorithm === 'md5' || algorithm === 'sha1')
}
