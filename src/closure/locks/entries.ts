import type { Collector } from './collect.js'
import type { Table } from './fields.js'
import { optionalTable, optionalText, requiredText, tables } from './fields.js'
import { fileNameOf, parseHash } from './locked-file.js'
import { headerLines } from './toml.js'
import type { LockedFile, Place, Source } from './types.js'
import { LockFileError } from './types.js'

interface VersionRule {
  readonly key: string
  /** major version -> newest minor version of it that is known */
  readonly known: ReadonlyMap<number, number>
  readonly to: Collector
}

/** The files that lock files of older versions list in the metadata table. */
export function checkVersion(document: Table, { file, text }: Source, { key, known, to }: VersionRule): Table {
  const line = text.split('\n').findIndex((each) => new RegExp(`^\\s*["']?${key}["']?\\s*=`).test(each)) + 1
  const place: Place = { file, line: line || undefined }
  const metadata = optionalTable(document, 'metadata', place)
  if (metadata === undefined) throw new LockFileError('missing', place, 'the table metadata is missing')
  const version = requiredText(metadata, key, place)
  const [, major = NaN, minor = 0] = (/^(\d{1,9})(?:\.(\d{1,9}))?(?:\.\d+)*$/.exec(version) ?? []).map(Number)
  const newest = known.get(major)
  if (newest === undefined) {
    const names = [...known].map(([one, two]) => `${one}.0 to ${one}.${two}`).join(' and ')
    throw new LockFileError('version', place, `${key} ${version} is not known; ${names} are`)
  }
  if (minor > newest) to.warn('newer-version', place, { detail: version })
  return optionalTable(metadata, 'files', place) ?? {}
}

export function readEntries(document: Table, { file, text }: Source, read: (entry: Table, place: Place) => void): void {
  const lines = headerLines(text, 'package')
  const entries = tables(document, 'package', { file, line: undefined })
  for (const [i, entry] of entries.entries())
    read(entry, { file, line: lines.length === entries.length ? lines[i] : undefined })
}

export function readFile(file: Table, place: Place): LockedFile {
  const name = optionalText(file, 'file', place)
  const url = optionalText(file, 'url', place)
  if (name === undefined && url === undefined) throw new LockFileError('missing', place, 'a file has no name')
  const hash = optionalText(file, 'hash', place)
  const hashes = new Map(hash === undefined ? [] : [parseHash(hash, place)])
  return { name: name ?? fileNameOf(url ?? '', place), hashes, size: undefined }
}
