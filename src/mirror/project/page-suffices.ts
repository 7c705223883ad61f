import type { JsonObject } from '../../model/project.js'

type Options = Readonly<Record<string, string>>

export interface PageEdit {
  /** option -> value that the pages were made with, and the fingerprint of the filters */
  readonly before: Options
  readonly now: Options
  readonly page: JsonObject
}

/**
 * For each option that shapes pages: whether a stored page knows what the other value needs. An option that is not in
 * this table needs more than a page tells.
 */
const KNOWS: Readonly<Record<string, (edit: { before: string; now: string; isJson: boolean }) => boolean>> = {
  // HTML has neither sizes nor upload times nor versions.
  'simple-format': ({ isJson, now }) => isJson || now === 'HTML',
  root_uri: () => true,
  'hash-index': () => true,
  keep_index_versions: () => true,
  'core-metadata': ({ now }) => now === 'false',
  // The files are there already, or are no longer wanted.
  'release-files': ({ now }) => now === 'false',
  json: ({ now }) => now === 'false',
}

/** The same for options that shapes name only while they are set: '' stands for one that is not. */
const KNOWS_LATER: Readonly<Record<string, (edit: { before: string; now: string }) => boolean>> = {
  // Where upstream has a file's provenance is forgotten while the pages name the mirror's own.
  provenance: ({ now }) => now === 'true',
  'integrity-url': () => true,
  // Files that were refused before are not on the page.
  attestations: ({ before }) => before === '',
}

/** Whether the stored page knows all that pages of today's options need, so that upstream need not be asked. */
export function pageSuffices({ before, now, page }: PageEdit): boolean {
  const isJson = Object.hasOwn(page, 'versions')
  // Nothing makes a JSON page from an HTML page, which has neither sizes nor upload times.
  if (!isJson && now['simple-format'] !== 'HTML') return false
  return Object.keys({ ...before, ...now }).every((option) => {
    const [a, b] = [before[option], now[option]]
    if (a === b) return true
    const later = KNOWS_LATER[option]
    if (later !== undefined) return later({ before: a ?? '', now: b ?? '' })
    if (a === undefined || b === undefined) return false
    return KNOWS[option]?.({ before: a, now: b, isJson }) ?? false
  })
}
