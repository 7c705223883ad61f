import type { ConfigFile } from '../config/types.js'
import { oneLine } from '../one-line.js'
import { normalizeName } from '../packaging/name.js'
import type { Requirement } from '../packaging/requirement.js'
import type { PackageLine } from './package-lines.js'

/** One entry of a list of projects: what an admin wrote, and where. */
export interface ListEntry {
  /** whether the list names projects to mirror or projects not to mirror */
  readonly list: 'wanted' | 'unwanted'
  /** normalized */
  readonly name: string
  /** as written, without a comment */
  readonly text: string
  /** file and line: `bandersnatch.conf:12` */
  readonly where: string
  readonly requirement: Requirement
}

/** The entries of an option of the configuration. */
export function entriesOf(
  config: ConfigFile,
  place: { readonly list: ListEntry['list']; readonly section: string; readonly option: string },
  lines: readonly PackageLine[],
): ListEntry[] {
  const { list, section, option } = place
  return lines.map((line) => {
    const number = config.entryLine(section, option, line.index)
    return entryOf(list, line, `${oneLine(config.path)}${number === undefined ? '' : `:${number}`}`)
  })
}

/** @param where file and line */
export function entryOf(list: ListEntry['list'], { text, requirement }: PackageLine, where: string): ListEntry {
  return { list, name: normalizeName(requirement.name), text, where, requirement }
}
