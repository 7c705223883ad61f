import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..', '..')

/** Every page for readers, with its path from the project's root. */
export const PAGES = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** The contents of a page's code blocks in one of these languages, without the indentation of lists. */
export function codeBlocks(text: string, ...languages: readonly string[]): string[] {
  return [...text.matchAll(/^( *)```([a-z]*)\n(.*?)^ *```$/gms)]
    .filter(([, , language = '']) => languages.includes(language))
    .map(([, indent = '', , body = '']) =>
      body
        .split('\n')
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join('\n'),
    )
}

/** What stands between single backquotes outside of code blocks. */
export function codeSpans(text: string): string[] {
  return [...text.replace(/^ *```.*?^ *```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) =>
    span.replace(/\s+/g, ' '),
  )
}

/** A block's commands: continued lines and here-documents are part of the one that they belong to. */
export function shellCommands(block: string): string[] {
  const commands: string[] = []
  let open: { end: string } | undefined
  let continued = false
  for (const line of block.split('\n')) {
    if (open === undefined && !continued && (line.trim() === '' || line.startsWith('#'))) continue
    if (open !== undefined || continued) commands.push(`${commands.pop() ?? ''}\n${line}`)
    else commands.push(line)
    if (open !== undefined) {
      if (line === open.end) open = undefined
      continue
    }
    continued = line.endsWith('\\')
    const end = /<<'?(\w+)'?/.exec(line)?.[1]
    if (end !== undefined) open = { end }
  }
  return commands
}
