import { versionFromFilename } from '../../packaging/filename.js'
import { normalizeName } from '../../packaging/name.js'
import { compareVersions, parseVersion } from '../../packaging/version.js'
import { parseWheelName } from '../../packaging/wheel-name.js'
import type { LockedFile, Place } from './types.js'
import { LockFileError } from './types.js'

/** Length in hex digits of the digests that index pages and lock files use. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...[['md5', 32] as const, ['sha1', 40] as const, ['sha224', 56] as const],
  ...[['sha256', 64] as const, ['sha384', 96] as const, ['sha512', 128] as const],
  ...[['blake2b', 128] as const, ['blake2s', 64] as const, ['sha3_256', 64] as const, ['sha3_512', 128] as const],
])
/** pip takes only these in a requirements file. */
export const STRONG = ['sha256', 'sha384', 'sha512']

/**
 * `sha256:HEX` as algorithm and digest.
 * @throws LockFileError if it is not one
 */
export function parseHash(text: string, place: Place): [algorithm: string, hex: string] {
  const [, algorithm = '', hex = ''] = /^([a-z0-9_-]+):([0-9a-f]+)$/.exec(text.toLowerCase()) ?? []
  checkHash(algorithm, hex, place)
  return [algorithm, hex]
}

export function checkHash(algorithm: string, hex: string, place: Place): void {
  const digits = DIGITS.get(algorithm)
  if (!/^(?:[0-9a-f]{2})+$/.test(hex) || hex.length !== (digits ?? hex.length)) {
    throw new LockFileError('hash', place, `${JSON.stringify(hex)} is not a digest of ${algorithm || 'any algorithm'}`)
  }
}

/** The file that a URL or path names: its last part, decoded, without query and fragment. */
export function fileNameOf(location: string, place: Place): string {
  const last = (location.split(/[?#]/, 1)[0] ?? '').split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch (error) {
    throw new LockFileError('type', place, `${JSON.stringify(location)} does not name a file`, { cause: error })
  }
}

/** @throws LockFileError if the file's name tells another project or another version than its entry */
export function checkFileName(
  file: LockedFile,
  entry: { readonly name: string; readonly version: string | undefined },
  place: Place,
): void {
  if (file.name === null) return
  const wheel = parseWheelName(file.name)
  const expected = entry.version === undefined ? undefined : parseVersion(entry.version)
  const text = versionFromFilename(file.name, entry.name, entry.version === undefined ? [] : [entry.version])
  const version = wheel?.version ?? (text === undefined ? undefined : parseVersion(text))
  const isOther = wheel === undefined ? text === undefined : wheel.name !== normalizeName(entry.name)
  if (isOther || (version && expected && compareVersions(version, expected) !== 0)) {
    const release = `${entry.name} ${entry.version ?? ''}`.trim()
    throw new LockFileError('file-version', place, `${JSON.stringify(file.name)} is not a file of ${release}`)
  }
}
