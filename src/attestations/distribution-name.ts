import { normalizeName } from '../packaging/name.js'
import { formatVersion, parseVersion } from '../packaging/version.js'

/**
 * A text that is equal for file names that mean the same distribution: names in normalized form, versions as
 * PEP 440 spells them, compressed tag sets sorted. undefined for what is neither a wheel nor an sdist.
 * https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 */
export function distributionKey(filename: string): string | undefined {
  return filename.endsWith('.whl') ? wheelKey(filename.slice(0, -4)) : sdistKey(filename)
}

function sdistKey(filename: string): string | undefined {
  const extension = ['.tar.gz', '.zip'].find((each) => filename.endsWith(each))
  if (extension === undefined) return undefined
  const stem = filename.slice(0, -extension.length)
  const dash = stem.lastIndexOf('-')
  const version = parseVersion(stem.slice(dash + 1))
  if (dash < 1 || version === undefined) return undefined
  return JSON.stringify([normalizeName(stem.slice(0, dash)), formatVersion(version), extension])
}

function wheelKey(stem: string): string | undefined {
  const parts = stem.split('-')
  if (parts.length !== 5 && parts.length !== 6) return undefined
  const [name = '', versionText = ''] = parts
  const version = parseVersion(versionText)
  const build = parts.length === 6 ? buildKey(parts[2] ?? '') : ''
  if (!/^[\p{L}\p{N}_.]+$/u.test(name) || version === undefined || build === undefined) return undefined
  const tags = parts.slice(-3).map((set) => [...new Set(set.toLowerCase().split('.'))].sort().join('.'))
  return JSON.stringify([normalizeName(name), formatVersion(version), build, ...tags])
}

/** A build tag begins with a number; `01` is `1`. */
function buildKey(text: string): string | undefined {
  const match = /^([0-9]+)(.*)$/.exec(text)
  return match === null ? undefined : `${BigInt(match[1] ?? '0')}${match[2]}`
}
