import * as fs from 'node:fs'
import { join, posix } from 'node:path'
import { Parser } from 'htmlparser2'

/** What a page of a project says, be it HTML or JSON. */
export interface Page {
  readonly serial: number
  readonly filenames: readonly string[]
  /** keys of the files that it sends installers to, core metadata files among them */
  readonly keys: readonly string[]
}

/** Reads a page without any of the program's code. @throws Error for what is no whole page */
export function readPage(path: string, directoryKey: string): Page | undefined {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  return path.endsWith('json') ? jsonPage(text, directoryKey) : htmlPage(text, directoryKey)
}

interface JsonPage {
  readonly meta: { readonly '_last-serial': number | string }
  readonly files: readonly { readonly filename: string; readonly url: string; readonly 'core-metadata'?: unknown }[]
}

function jsonPage(text: string, directoryKey: string): Page {
  const page = JSON.parse(text) as JsonPage
  const keys = page.files.flatMap((file) => {
    const key = keyOf(file.url, directoryKey)
    return file['core-metadata'] === undefined || file['core-metadata'] === false ? [key] : [key, `${key}.metadata`]
  })
  return { serial: Number(page.meta['_last-serial']), filenames: page.files.map(({ filename }) => filename), keys }
}

function htmlPage(text: string, directoryKey: string): Page {
  const serial = /<!--SERIAL (\d+)-->$/.exec(text)?.[1]
  if (serial === undefined) throw new Error('the page is cut off')
  const keys: string[] = []
  const filenames: string[] = []
  let inLink = false
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name !== 'a') return
      inLink = true
      filenames.push('')
      const key = keyOf(attributes['href'] ?? '', directoryKey)
      keys.push(key)
      if (attributes['data-core-metadata'] !== undefined) keys.push(`${key}.metadata`)
    },
    ontext(said) {
      if (inLink) filenames[filenames.length - 1] += said
    },
    onclosetag(name) {
      if (name === 'a') inLink = false
    },
  })
  parser.end(text)
  return { serial: Number(serial), filenames, keys }
}

/** Where a relative link of a page leads, as a web server with `web/` for its root finds it. */
function keyOf(href: string, directoryKey: string): string {
  const path = decodeURIComponent(href.replace(/#.*$/s, ''))
  return posix.normalize(posix.join(directoryKey, path))
}

const ELEMENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['html', []],
  ['head', []],
  ['body', []],
  ['title', []],
  ['h1', []],
  ['br', []],
  ['meta', ['name', 'content']],
  [
    'a',
    ['href', 'data-requires-python', 'data-core-metadata', 'data-dist-info-metadata', 'data-provenance', 'data-yanked'],
  ],
])

/** What in a page is neither text nor the markup that pages have: escaped out of its place. */
export function foreignMarkup(text: string): string[] {
  const found: string[] = []
  let comments = 0
  const parser = new Parser({
    onopentag(name, attributes) {
      const allowed = ELEMENTS.get(name)
      if (allowed === undefined) found.push(`<${name}>`)
      for (const [attribute, value] of Object.entries(attributes)) {
        if (allowed?.includes(attribute) !== true) found.push(`<${name} ${attribute}>`)
        if (
          /^(?:href|data-provenance)$/.test(attribute) &&
          !/^(?:\.\.\/\.\.\/packages\/|https?:\/\/|[a-z0-9-]+\/$)/.test(value)
        ) {
          found.push(`${attribute}=${value}`)
        }
      }
    },
    oncomment(data) {
      comments += 1
      if (!/^SERIAL \d+$/.test(data)) found.push(`<!--${data}-->`)
    },
    onprocessinginstruction(_, data) {
      if (data !== '!DOCTYPE html') found.push(`<${data}>`)
    },
  })
  parser.end(text)
  if (comments > 1) found.push('more than one comment')
  return found
}

/** Every page of a mirror: its path and the key of its directory. */
export function* pagesOf(
  mirror: string,
): Generator<{ readonly path: string; readonly directoryKey: string; readonly project: string }> {
  const simple = join(mirror, 'web', 'simple')
  for (const entry of readDirectory(simple)) {
    if (!entry.isDirectory()) continue
    for (const file of readDirectory(join(simple, entry.name))) {
      if (!file.name.startsWith('index')) continue
      yield { path: join(simple, entry.name, file.name), directoryKey: `web/simple/${entry.name}`, project: entry.name }
    }
  }
}

/** What is in a directory; nothing where it is gone, as directories of a mirror at work can be. */
export function readDirectory(path: string): fs.Dirent[] {
  try {
    return fs.readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}
