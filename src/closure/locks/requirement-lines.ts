import { splitLines, strip } from '../../python/text.js'

/** One logical line of a requirements file. */
export interface RequirementLine {
  /** 1-based number of its first line */
  readonly line: number
  /** what stands before the options */
  readonly text: string
  /** the options in order, those without a value with '' */
  readonly options: readonly RequirementOption[]
}

export interface RequirementOption {
  /** the long name, such as `--hash`; undefined for one that pip does not know */
  readonly name: string | undefined
  readonly value: string
}

const WITH_VALUE: readonly (readonly [long: string, ...others: string[]])[] = [
  ['--requirement', '-r'],
  ['--constraint', '-c'],
  ['--editable', '-e'],
  ['--index-url', '-i', '--pypi-url'],
  ['--find-links', '-f'],
  ['--config-settings', '-C', '--config-setting'],
  ['--extra-index-url'],
  ['--no-binary'],
  ['--only-binary'],
  ['--trusted-host'],
  ['--use-feature'],
  ['--hash'],
  ['--global-option'],
  ['--all-releases'],
  ['--only-final'],
]
const FLAGS = ['--no-index', '--prefer-binary', '--require-hashes', '--pre']
const COMMENT = /(?:^|\s+)#.*$/

/** The logical lines of a requirements file as pip joins and splits them. https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
export function requirementLines(text: string): RequirementLine[] {
  return joinLines(splitLines(text))
    .map(({ line, text }) => ({ line, text: strip(text.replace(COMMENT, '')) }))
    .filter(({ text }) => text !== '')
    .map(({ line, text }) => ({ line, ...splitOptions(text) }))
}

interface Numbered {
  readonly line: number
  readonly text: string
}

/** A backslash at the end of a line goes on with the next one; a comment ends such a sequence. */
function joinLines(lines: readonly string[]): Numbered[] {
  const joined: Numbered[] = []
  let open: Numbered | undefined
  for (const [i, raw] of lines.entries()) {
    const isComment = /^\s*#/.test(raw)
    const isOpen = raw.endsWith('\\') && !isComment
    // As pip does it, backslashes go from both ends.
    const part = isOpen ? raw.replace(/^\\+|\\+$/g, '') : isComment ? ` ${raw}` : raw
    const text = (open?.text ?? '') + part
    const line = open?.line ?? i + 1
    open = isOpen ? { line, text } : undefined
    if (!isOpen) joined.push({ line, text })
  }
  return open === undefined ? joined : [...joined, open]
}

/** Options begin at the first word with a hyphen; what stands before them is the requirement. */
function splitOptions(text: string): Pick<RequirementLine, 'text' | 'options'> {
  const words = text.split(' ')
  const at = words.findIndex((word) => word.startsWith('-'))
  if (at < 0) return { text, options: [] }
  return { text: strip(words.slice(0, at).join(' ')), options: parseOptions(shellWords(words.slice(at).join(' '))) }
}

function parseOptions(words: readonly string[]): RequirementOption[] {
  const options: RequirementOption[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const [head, ...rest] = word.startsWith('--')
      ? word.split('=')
      : [word.slice(0, 2), word.slice(2).replace(/^=/, '')]
    const attached = rest.join('=')
    const name = head === undefined ? undefined : longName(head)
    const takesValue = name !== undefined && !FLAGS.includes(name)
    const hasValue = word.startsWith('--') ? rest.length > 0 : attached !== ''
    options.push({ name, value: !takesValue ? word : hasValue ? attached : (words[++i] ?? '') })
  }
  return options
}

/** As optparse allows it a long option may be cut short. */
function longName(head: string): string | undefined {
  const exact = WITH_VALUE.find((names) => names.includes(head))?.[0] ?? FLAGS.find((flag) => flag === head)
  if (exact !== undefined || !head.startsWith('--') || head.length < 3) return exact
  const names = [...WITH_VALUE.flat(), ...FLAGS].filter((name) => name.startsWith(head))
  return names.length === 1 ? longName(names[0] ?? '') : undefined
}

/** Words as a POSIX shell splits them, with quotes and backslashes; an unclosed quote ends with the line. */
function shellWords(text: string): string[] {
  const words: string[] = []
  for (const match of text.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$))+/g)) {
    words.push(
      match[0].replace(
        /\\(.)|"((?:[^"\\]|\\.)*)"?|'([^']*)'?/g,
        (_, escaped?: string, double?: string, single?: string) =>
          escaped ?? double?.replace(/\\(["\\])/g, '$1') ?? single ?? '',
      ),
    )
  }
  return words
}
