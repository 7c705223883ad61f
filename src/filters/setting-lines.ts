import { strip } from '../python/text.js'

/** The non-empty lines of a setting's value. */
export function settingLines(value: string): string[] {
  return value.split('\n').filter((line) => line !== '')
}

/** The text before the first `#`, stripped. */
export function withoutComment(line: string): string {
  const start = line.indexOf('#')
  return strip(start < 0 ? line : line.slice(0, start))
}
