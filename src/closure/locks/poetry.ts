import type { Collector } from './collect.js'
import { isPypi } from './collect.js'
import { checkVersion, readEntries, readFile } from './entries.js'
import type { Table } from './fields.js'
import { optionalFlag, optionalTable, requiredText, tables } from './fields.js'
import type { LockWarningKind, Source } from './types.js'

/** The newest minor version of each major one that is known. */
const KNOWN = new Map([
  [1, 1],
  [2, 1],
])

/** Reads the document of a poetry.lock. https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock */
export function readPoetryLock(document: Table, source: Source, to: Collector): void {
  const older = checkVersion(document, source, { key: 'lock-version', known: KNOWN, to })
  readEntries(document, source, (entry, place) => {
    const name = requiredText(entry, 'name', place)
    const version = requiredText(entry, 'version', place)
    const from = optionalTable(entry, 'source', place)
    const url = from && requiredText(from, 'url', place)
    const type = from && requiredText(from, 'type', place)
    const kind = type === undefined ? undefined : poetryKind(type, optionalFlag(entry, 'develop', place))
    if (kind !== undefined && kind !== 'index') {
      to.warn(kind, place, { name, detail: url ?? '' })
      return
    }
    const listed = entry['files'] === undefined ? tables(older, name, place) : tables(entry, 'files', place)
    if (listed.length === 0) to.warn('no-files', place, { name, detail: version })
    const index = url === undefined || isPypi(url) ? undefined : url
    const marker = typeof entry['markers'] === 'string' ? entry['markers'] : undefined
    to.add({ name, version, marker, index, files: listed.map((file) => readFile(file, place)) }, place)
  })
}

function poetryKind(type: string, isDevelop: boolean): LockWarningKind {
  if (type === 'legacy' || type === 'pypi') return 'index'
  if (isDevelop) return 'editable'
  return type === 'url' ? 'url' : type === 'file' ? 'path' : type === 'directory' ? 'directory' : 'vcs'
}
