import { parseMarker } from '../../packaging/marker.js'
import { normalizeName } from '../../packaging/name.js'
import { parseVersion } from '../../packaging/version.js'
import type { Collector } from './collect.js'
import { isPypi } from './collect.js'
import type { Table } from './fields.js'
import { isTable, optionalFlag, optionalSize, optionalTable, optionalText, requiredText, tables } from './fields.js'
import { checkHash, fileNameOf } from './locked-file.js'
import { headerLines } from './toml.js'
import type { LockedFile, Place, Source } from './types.js'
import { LockFileError } from './types.js'

/** Reads the document of a pylock.toml. https://packaging.python.org/en/latest/specifications/pylock-toml/ (PEP 751) */
export function readPylock(document: Table, source: Source, to: Collector): void {
  const top: Place = { file: source.file, line: undefined }
  checkVersion(document, source, to)
  requiredText(document, 'created-by', top)
  if (document['packages'] === undefined) throw new LockFileError('missing', top, 'packages is missing')
  const lines = headerLines(source.text, 'packages')
  const entries = tables(document, 'packages', top)
  for (const [i, entry] of entries.entries()) {
    readEntry(entry, { file: source.file, line: lines.length === entries.length ? lines[i] : undefined }, to)
  }
}

function checkVersion(document: Table, { file, text }: Source, to: Collector): void {
  const line = text.split('\n').findIndex((each) => /^\s*["']?lock-version["']?\s*=/.test(each)) + 1
  const place: Place = { file, line: line || undefined }
  const version = requiredText(document, 'lock-version', place)
  const [major, ...minor] = parseVersion(version)?.release ?? []
  if (major !== 1) throw new LockFileError('version', place, `lock-version ${version} is not known; 1.0 is`)
  if (minor.some((part) => part > 0)) to.warn('newer-version', place, { detail: version })
}

function readEntry(entry: Table, place: Place, to: Collector): void {
  const name = readName(entry, place)
  const { version, marker } = readConditions(entry, place)
  const sdist = optionalTable(entry, 'sdist', place)
  const listed = [...(sdist === undefined ? [] : [sdist]), ...tables(entry, 'wheels', place)]
  const isDirect = warnOfDirect(entry, { name, place, to })
  if (isDirect && listed.length > 0) throw new LockFileError('type', place, `${name} has both files and another source`)
  if (!isDirect && listed.length === 0)
    throw new LockFileError('missing', place, `${name} has neither files nor another source`)
  if (isDirect) return
  const files = listed.map((file) => readFile(file, place)).filter((file) => file !== undefined)
  if (files.length < listed.length) to.warn('path', place, { name, detail: version ?? '' })
  const index = optionalText(entry, 'index', place)
  const other = index === undefined || isPypi(index) ? undefined : index
  if (files.length > 0) to.add({ name, version, marker, index: other, files }, place)
}

function readName(entry: Table, place: Place): string {
  const name = requiredText(entry, 'name', place)
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) {
    throw new LockFileError('name', place, `the name ${JSON.stringify(name)} is not normalized: ${normalizeName(name)}`)
  }
  return name
}

/** For what a package is locked. */
interface Conditions {
  readonly version: string | undefined
  readonly marker: string | undefined
}

function readConditions(entry: Table, place: Place): Conditions {
  const version = optionalText(entry, 'version', place)
  if (version !== undefined && parseVersion(version) === undefined) {
    throw new LockFileError('type', place, `${JSON.stringify(version)} is not a version`)
  }
  const marker = optionalText(entry, 'marker', place)
  if (marker !== undefined && parseMarker(marker) === undefined) {
    throw new LockFileError('type', place, `${JSON.stringify(marker)} is not an environment marker`)
  }
  return { version, marker }
}

interface Named {
  readonly name: string
  readonly place: Place
  readonly to: Collector
}

/** Whether the package comes from a repository, a directory or a single archive, which a mirror does not serve. */
function warnOfDirect(entry: Table, { name, place, to }: Named): boolean {
  const vcs = optionalTable(entry, 'vcs', place)
  const directory = optionalTable(entry, 'directory', place)
  const archive = optionalTable(entry, 'archive', place)
  const sources = [vcs, directory, archive].filter((each) => each !== undefined)
  if (sources.length > 1) throw new LockFileError('type', place, `${name} has more than one source`)
  if (vcs !== undefined) {
    requiredText(vcs, 'type', place)
    requiredText(vcs, 'commit-id', place)
    to.warn('vcs', place, { name, detail: locationOf(vcs, place) })
  }
  if (directory !== undefined) {
    const kind = optionalFlag(directory, 'editable', place) ? 'editable' : 'directory'
    to.warn(kind, place, { name, detail: requiredText(directory, 'path', place) })
  }
  if (archive !== undefined) {
    readHashes(archive, place)
    to.warn(optionalText(archive, 'url', place) === undefined ? 'path' : 'url', place, {
      name,
      detail: locationOf(archive, place),
    })
  }
  return sources.length > 0
}

function locationOf(table: Table, place: Place): string {
  const location = optionalText(table, 'url', place) || optionalText(table, 'path', place)
  if (!location) throw new LockFileError('missing', place, 'url or path is missing')
  return location
}

/** undefined for a file that lies beside the lock file. */
function readFile(file: Table, place: Place): LockedFile | undefined {
  const location = locationOf(file, place)
  const size = optionalSize(file, 'size', place)
  const hashes = readHashes(file, place)
  const name = optionalText(file, 'name', place) ?? fileNameOf(location, place)
  return optionalText(file, 'url', place) ? { name, hashes, size } : undefined
}

function readHashes(file: Table, place: Place): Map<string, string> {
  const hashes = file['hashes']
  if (hashes === undefined) throw new LockFileError('missing', place, 'hashes is missing')
  if (!isTable(hashes)) throw new LockFileError('type', place, 'hashes is not a table')
  const read = Object.keys(hashes).map((algorithm): [string, string] => {
    const hex = requiredText(hashes, algorithm, place).toLowerCase()
    checkHash(algorithm, hex, place)
    return [algorithm, hex]
  })
  if (read.length === 0) throw new LockFileError('missing', place, 'hashes is empty')
  return new Map(read)
}
