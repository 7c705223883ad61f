import type { Collector } from './collect.js'
import { isPypi } from './collect.js'
import type { Table } from './fields.js'
import { optionalSize, optionalTable, optionalText, requiredText, tables } from './fields.js'
import { fileNameOf, parseHash } from './locked-file.js'
import { headerLines } from './toml.js'
import type { LockedFile, LockWarningKind, Place, Source } from './types.js'
import { LockFileError } from './types.js'

/** Sources that a mirror cannot serve, and what the warning about them is called. */
const DIRECT: readonly (readonly [key: string, kind: LockWarningKind])[] = [
  ['git', 'vcs'],
  ['url', 'url'],
  ['path', 'path'],
  ['directory', 'directory'],
]

/** Reads the document of a uv.lock. https://docs.astral.sh/uv/concepts/resolution/#lockfile-versioning */
export function readUvLock(document: Table, source: Source, to: Collector): void {
  const top: Place = { file: source.file, line: undefined }
  if (document['version'] === undefined) throw new LockFileError('missing', top, 'version is missing')
  if (typeof document['version'] !== 'number') throw new LockFileError('type', top, 'version is not a number')
  if (document['version'] !== 1) {
    throw new LockFileError('version', top, `version ${document['version']} of uv.lock is not known; 1 is`)
  }
  const lines = headerLines(source.text, 'package')
  const entries = tables(document, 'package', top)
  for (const [i, entry] of entries.entries()) {
    readEntry(entry, { file: source.file, line: lines.length === entries.length ? lines[i] : undefined }, to)
  }
}

function readEntry(entry: Table, place: Place, to: Collector): void {
  const name = requiredText(entry, 'name', place)
  const from = optionalTable(entry, 'source', place)
  if (from === undefined) throw new LockFileError('missing', place, 'source is missing')
  const registry = optionalText(from, 'registry', place)
  if (registry === undefined) {
    warnOfDirect(from, { name, place, to })
    return
  }
  if (!/^https?:/i.test(registry)) {
    to.warn('local-index', place, { name, detail: registry })
    return
  }
  const version = requiredText(entry, 'version', place)
  const sdist = optionalTable(entry, 'sdist', place)
  const files = [...(sdist === undefined ? [] : [sdist]), ...tables(entry, 'wheels', place)]
  if (files.length === 0) to.warn('no-files', place, { name, detail: version })
  const index = isPypi(registry) ? undefined : registry
  to.add({ name, version, index, files: files.map((file) => readFile(file, place)) }, place)
}

interface Named {
  readonly name: string
  readonly place: Place
  readonly to: Collector
}

function warnOfDirect(from: Table, { name, place, to }: Named): void {
  const editable = optionalText(from, 'editable', place)
  const virtual = optionalText(from, 'virtual', place)
  if (virtual !== undefined || editable === '.') {
    to.warn('project', place, { name, detail: virtual ?? '.' })
    return
  }
  if (editable !== undefined) {
    to.warn('editable', place, { name, detail: editable })
    return
  }
  for (const [key, kind] of DIRECT) {
    const detail = optionalText(from, key, place)
    if (detail === undefined) continue
    to.warn(kind, place, { name, detail })
    return
  }
  throw new LockFileError('type', place, `the source of ${name} is not known: ${Object.keys(from).join(', ')}`)
}

function readFile(file: Table, place: Place): LockedFile {
  const named = optionalText(file, 'filename', place)
  const location = optionalText(file, 'url', place) ?? optionalText(file, 'path', place)
  if (named === undefined && location === undefined) throw new LockFileError('missing', place, 'a file has no url')
  const hash = optionalText(file, 'hash', place)
  return {
    name: named ?? fileNameOf(location ?? '', place),
    hashes: new Map(hash === undefined ? [] : [parseHash(hash, place)]),
    size: optionalSize(file, 'size', place),
  }
}
