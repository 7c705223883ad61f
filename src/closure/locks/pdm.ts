import type { Collector } from './collect.js'
import { checkVersion, readEntries, readFile } from './entries.js'
import type { Table } from './fields.js'
import { optionalFlag, optionalText, requiredText, tables } from './fields.js'
import type { LockWarningKind, Place, Source } from './types.js'
import { LockFileError } from './types.js'

/** The newest minor version of the major one that is known. */
const KNOWN = new Map([[4, 5]])

/** Reads the document of a pdm.lock. https://pdm-project.org/en/latest/usage/lockfile/ */
export function readPdmLock(document: Table, source: Source, to: Collector): void {
  const older = checkVersion(document, source, { key: 'lock_version', known: KNOWN, to })
  const pinned = new Set<string>()
  readEntries(document, source, (entry, place) => {
    const name = requiredText(entry, 'name', place)
    const version = optionalText(entry, 'version', place)
    const direct = pdmKind(entry, place)
    if (direct !== undefined) {
      to.warn(direct.kind, place, { name, detail: direct.detail })
      return
    }
    if (version === undefined) throw new LockFileError('missing', place, 'version is missing')
    // An entry for an extra repeats the release.
    const release = `${name} ${version}`
    if (entry['extras'] !== undefined && pinned.has(release)) return
    pinned.add(release)
    const listed = entry['files'] === undefined ? tables(older, release, place) : tables(entry, 'files', place)
    if (listed.length === 0) to.warn('no-files', place, { name, detail: version })
    to.add(
      {
        name,
        version,
        marker: optionalText(entry, 'marker', place),
        files: listed.map((file) => readFile(file, place)),
      },
      place,
    )
  })
}

const ARCHIVE = /\.(?:whl|zip|tar|tgz|tar\.[a-z0-9]+)$/i

function pdmKind(entry: Table, place: Place): { kind: LockWarningKind; detail: string } | undefined {
  const path = optionalText(entry, 'path', place)
  const vcs = ['git', 'hg', 'svn', 'bzr']
    .map((key) => optionalText(entry, key, place))
    .find((each) => each !== undefined)
  const url = optionalText(entry, 'url', place)
  const detail = path ?? vcs ?? url
  if (detail === undefined) return undefined
  if (optionalFlag(entry, 'editable', place)) return { kind: 'editable', detail }
  if (path !== undefined) return { kind: ARCHIVE.test(path) ? 'path' : 'directory', detail }
  return { kind: vcs === undefined ? 'url' : 'vcs', detail }
}
