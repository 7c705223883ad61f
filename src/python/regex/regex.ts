import { foldText } from './charset.js'
import { matches } from './machine.js'
import { toNative } from './native.js'
import { parsePattern } from './parse.js'
import { toProgram } from './program.js'

export { PatternError } from './cursor.js'

/** A compiled regular expression. */
export interface PythonRegex {
  readonly pattern: string
  /**
   * Python's `re.match`: whether the text starts with something that the pattern matches.
   * @throws RangeError where a text of several megabytes needs more stack than JavaScript has
   */
  match(text: string): boolean
}

/**
 * `re.compile(pattern)` of Python 3.11 for text. Most patterns run as a JavaScript expression of the same
 * meaning; those with back references, conditions, atomic groups, possessive repeats or different cases in
 * different places are matched by a small machine of our own.
 *
 * @throws PatternError for what Python refuses, and for `\N{…}` with names of other than ASCII characters
 */
export function translatePythonRegex(pattern: string): PythonRegex {
  const tree = parsePattern(pattern)
  const native = toNative(tree)
  if (native) return { pattern, match: (text) => native.expression.test(foldText(text, native.fold)) }
  const program = toProgram(tree)
  return { pattern, match: (text) => matches(program, text) }
}
