import { SPACE } from '../python/text.js'
import type { ConfigFile } from './types.js'

// As Python's re reads 8.0's patterns: `.` is anything but a newline, white space is Unicode's, and the
// end may be before a last newline. A section name has no `_` and at least two characters.
const HAS_REFERENCE = /^[^\n]*\{\{[^\n]+_[^\n]+\}\}/
const REFERENCE = new RegExp(
  `^([^\\n]*)\\{\\{[${SPACE}]*([^_${SPACE}][^_]*[^_${SPACE}])[${SPACE}]*_[${SPACE}]*` +
    `([^${SPACE}](?:[^\\n]*[^${SPACE}])?)[${SPACE}]*\\}\\}([^\\n]*)(?=\\n?$)`,
)

/** A diff-file value such as `/srv/{{section_option}}/files`, taken apart. */
export interface Reference {
  readonly before: string
  readonly section: string
  readonly option: string
  readonly after: string
}

/** Whether a diff-file value holds something like `{{section_option}}`. */
export function hasReference(value: string): boolean {
  return HAS_REFERENCE.test(value)
}

/** Only one reference is possible in a value. @returns undefined where there is none that can be read */
export function parseReference(value: string): Reference | undefined {
  const match = REFERENCE.exec(value)
  if (match === null) return undefined
  const [, before = '', section = '', option = '', after = ''] = match
  return { before, section, option, after }
}

/**
 * Replaces the `{{section_option}}` of a diff-file value by that option's value.
 * @returns undefined when it cannot be read, or names what is not there
 * @throws ConfigError when the option's own value has a bad reference
 */
export function evaluateReference(file: ConfigFile, value: string): string | undefined {
  const reference = parseReference(value)
  if (reference === undefined) return undefined
  const { before, section, option, after } = reference
  const referred = file.get(section, option)
  return referred === undefined ? undefined : before + referred + after
}
