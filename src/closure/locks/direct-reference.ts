import { versionFromFilename } from '../../packaging/filename.js'
import { isValidName, normalizeName } from '../../packaging/name.js'
import { parseWheelName } from '../../packaging/wheel-name.js'
import type { LockWarningKind } from './types.js'

/** A requirement that names a place instead of a project on an index. */
export interface DirectReference {
  readonly kind: LockWarningKind & ('vcs' | 'url' | 'path' | 'directory')
  /** normalized, where the place tells it */
  readonly name: string | undefined
}

const ARCHIVE = /\.(?:whl|zip|tar\.gz|tgz|tar|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma)$/i

/** Whether a line of a requirements file is a URL, a repository or a path; undefined if it is none of them. */
export function directReference(line: string): DirectReference | undefined {
  // A marker and extras may follow.
  const [location = ''] = line.split(/;\s|\s;/, 1)
  const bare = location.trim().replace(/\[[^\]/]*\]$/, '')
  const [, egg] = /[#&]egg=([^&#[]+)/.exec(bare) ?? []
  const withoutFragment = bare.replace(/#.*$/, '')
  const name = egg ?? nameOf(withoutFragment)
  const known = name !== undefined && isValidName(name) ? normalizeName(name) : undefined
  if (/^(?:git|hg|svn|bzr)(?:\+[a-z]+)?:/i.test(bare)) return { kind: 'vcs', name: egg && normalizeName(egg) }
  if (/^file:/i.test(bare)) return { kind: ARCHIVE.test(withoutFragment) ? 'path' : 'directory', name: known }
  if (/^(?:https?|ftp):/i.test(bare)) return { kind: 'url', name: known }
  if (ARCHIVE.test(withoutFragment)) return { kind: 'path', name: known }
  return /^\.|[/\\]/.test(bare) && !/\s/.test(bare) ? { kind: 'directory', name: egg && normalizeName(egg) } : undefined
}

/** The project that an archive's file name tells. */
function nameOf(location: string): string | undefined {
  const file = location.split(/[/\\]/).at(-1) ?? ''
  const wheel = parseWheelName(file)
  if (wheel !== undefined) return wheel.name
  const name = ARCHIVE.test(file) ? file.slice(0, Math.max(0, file.lastIndexOf('-'))) : ''
  return name !== '' && versionFromFilename(file, name) !== undefined ? name : undefined
}
