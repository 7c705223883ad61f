import { strip } from '../python/text.js'
import { withoutComment } from './setting-lines.js'

/** Options that pip takes behind a requirement. https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
const OPTIONS = /\s--(?:hash|config-settings?|global-option)\b.*$/
const INCLUDE = /^(?:-r\s*|--requirement(?:\s+|=))(\S.*)$/

/**
 * The lines of a requirements file with continuations joined and options behind requirements cut off. There are as many
 * as before, so that their numbers stay: a line that went into the one before it is empty.
 */
export function joinContinuations(lines: readonly string[]): string[] {
  const joined: string[] = []
  let open: number | undefined
  for (const [index, line] of lines.entries()) {
    const isComment = /^\s*#/.test(line)
    const goesOn = !isComment && line.endsWith('\\')
    const part = goesOn ? line.slice(0, -1) : line
    joined.push(open === undefined ? part : '')
    if (open !== undefined && !isComment) joined[open] += part
    open = goesOn ? (open ?? index) : undefined
  }
  return joined.map((line) => line.replace(OPTIONS, ''))
}

/** The files that a requirements file includes with -r, as it writes them. URLs are left out. */
export function includedNames(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const name = INCLUDE.exec(withoutComment(strip(line)))?.[1]
    return name === undefined || /^[a-z]+:/i.test(name) ? [] : [name]
  })
}
