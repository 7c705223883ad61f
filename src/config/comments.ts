import { beforeComment, COMMENT_HINT } from '../python/configparser/inline-comment.js'
import { MIRROR_OPTIONS } from './options/mirror.js'
import type { OptionSpec } from './option-spec.js'
import { ownOptions, placeText } from './renamed.js'
import type { ConfigFile } from './types.js'

/** One warning for each path or text of [mirror] that takes what looks like a comment for a part of it. */
export function commentWarnings(file: ConfigFile): string[] {
  const table: Readonly<Record<string, OptionSpec>> = MIRROR_OPTIONS
  return ownOptions(file, 'mirror').flatMap((option): string[] => {
    const type = table[option]?.type
    const text = file.raw('mirror', option) ?? ''
    if ((type !== 'path' && type !== 'text') || beforeComment(text) === undefined) return []
    return [`${placeText(file, { section: 'mirror', option })}: all of the line is the value; ${COMMENT_HINT}`]
  })
}
