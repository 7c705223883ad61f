const DEEPEST = 10
const REFERENCE = /%\(([^)]+)\)s/y

export interface InterpolationOptions {
  /** raw value of an option, undefined when there is none */
  readonly lookup: (name: string) => string | undefined
  /** makes the error; `reference` is the name in question, if any */
  readonly fail: (problem: string, reference?: string) => Error
}

/**
 * Fills in `%(name)s` and `%%` as configparser.BasicInterpolation does.
 * https://docs.python.org/3/library/configparser.html#interpolation-of-values
 */
export function interpolate(value: string, options: InterpolationOptions, depth = 1): string {
  if (depth > DEEPEST) throw options.fail(`refers to itself, or through more than ${DEEPEST} other options`)
  let result = ''
  let at = 0
  for (;;) {
    const percent = value.indexOf('%', at)
    if (percent < 0) return result + value.slice(at)
    result += value.slice(at, percent)
    if (value[percent + 1] === '%') {
      result += '%'
      at = percent + 2
      continue
    }
    REFERENCE.lastIndex = percent
    const name = REFERENCE.exec(value)?.[1]
    if (name === undefined) {
      throw options.fail('has a "%" that begins neither "%(option)s" nor "%%"; write "%%" for a percent sign')
    }
    at = REFERENCE.lastIndex
    const found = options.lookup(name)
    if (found === undefined) throw options.fail('refers to an option that is not set here or in [DEFAULT]', name)
    result += found.includes('%') ? interpolate(found, options, depth + 1) : found
  }
}
