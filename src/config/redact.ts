import { oneLine } from '../one-line.js'

const SECRET_NAME = /secret|passw|token|access_?key|customer_?key/i
const LONGEST = 80

/** Whether an option's value must never be printed. */
export function isSecret(option: string): boolean {
  return SECRET_NAME.test(option)
}

/** Replaces user name and password in a URL, or in what was meant to be one. */
export function withoutUserinfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@')
}

/**
 * An option's value for an error line, in quotes. Later lines of a value are left out: a setting that
 * was indented by mistake, perhaps a secret one, is part of the value above it.
 */
export function shownValue(option: string, value: string): string {
  if (isSecret(option)) return '(hidden)'
  const [first = '', ...rest] = value.split('\n')
  const text = withoutUserinfo(first)
  const cut = rest.length > 0 || text.length > LONGEST
  return `"${oneLine(text.slice(0, LONGEST))}${cut ? '…' : ''}"`
}
