import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { normalizeName } from '../../../src/packaging/name.js'

/** A link of a page to a file of the mirror. */
export interface Link {
  readonly page: string
  /** below the mirror directory */
  readonly key: string
  /** `sha256=…` or `md5=…`, as the page gives it; undefined where it gives none */
  readonly digest: string | undefined
  /** the digest of the core metadata file, where the page names one */
  readonly metadata: string | undefined
  /** the link leads to this mirror wherever it stands */
  readonly relative: boolean
}

/** Texts of all pages and documents that a mirror serves, by key; links are followed, kept versions left out. */
export function pagesOf(directory: string): Map<string, string> {
  const pages = new Map<string, string>()
  const visit = (key: string): void => {
    for (const entry of readdirSync(join(directory, key), { withFileTypes: true })) {
      const path = `${key}/${entry.name}`
      if (entry.isDirectory()) {
        if (entry.name !== 'versions') visit(path)
      } else
        pages.set(
          path,
          existsSync(join(directory, path)) ? readFileSync(join(directory, path), 'utf8') : 'a link that leads nowhere',
        )
    }
  }
  for (const key of ['web/simple', 'web/json', 'web/pypi']) if (existsSync(join(directory, key))) visit(key)
  return new Map([...pages].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const ROOT = /^web\/simple\/index\./

/** Normalized names of the projects that have a page. */
export function pageNames(pages: ReadonlyMap<string, string>): Set<string> {
  return new Set(
    [...pages.keys()]
      .filter((key) => key.startsWith('web/simple/') && !ROOT.test(key))
      .map((key) => key.split('/').at(-2) ?? ''),
  )
}

/** The project that a page or document is of; undefined for the root index. */
export function projectOf(key: string): string | undefined {
  if (ROOT.test(key)) return undefined
  const parts = key.split('/')
  return key.startsWith('web/json/') ? parts.at(-1) : parts.at(-2)
}

/** What the pages of projects link to. */
export function linksOf(pages: ReadonlyMap<string, string>): Link[] {
  return [...pages].flatMap(([page, text]) => {
    if (!page.startsWith('web/simple/') || ROOT.test(page)) return []
    return page.endsWith('json') ? jsonLinks(page, text) : htmlLinks(page, text)
  })
}

function htmlLinks(page: string, text: string): Link[] {
  return [...text.matchAll(/<a href="([^"#]*)(?:#([^"]*))?"([^>]*)>/g)].map(([, url = '', digest, attributes = '']) => {
    const metadata = /data-core-metadata="([^"]*)"/.exec(attributes)?.[1]
    return { page, ...placeOf(url), digest, metadata }
  })
}

interface JsonFile {
  readonly url: string
  readonly hashes: Record<string, string>
  readonly 'core-metadata'?: boolean | Record<string, string>
}

function jsonLinks(page: string, text: string): Link[] {
  const { files } = JSON.parse(text) as { files: JsonFile[] }
  const pair = (hashes: Record<string, string>): string | undefined =>
    Object.entries(hashes).map(([name, hex]) => `${name}=${hex}`)[0]
  return files.map(({ url, hashes, 'core-metadata': said = false }) => {
    const metadata = typeof said === 'object' ? pair(said) : said ? 'true' : undefined
    return { page, ...placeOf(url), digest: pair(hashes), metadata }
  })
}

function placeOf(url: string): { readonly key: string; readonly relative: boolean } {
  return { key: `web${decodeURIComponent(url.slice(url.lastIndexOf('/packages/')))}`, relative: url.startsWith('..') }
}

/** What is wrong with what pages link to: files that are missing or have another digest. */
export function brokenLinks(directory: string, links: readonly Link[]): string[] {
  const check = (page: string, key: string, digest: string | undefined): string[] => {
    if (!existsSync(join(directory, key))) return [`${page} names ${key}, which is missing`]
    const [name = '', hex = ''] = digest?.split('=') ?? []
    if (hex === '') return []
    const found = createHash(name)
      .update(readFileSync(join(directory, key)))
      .digest('hex')
    return found === hex ? [] : [`${page} names ${key} with another digest`]
  }
  return links.flatMap(({ page, key, digest, metadata }) => [
    ...check(page, key, digest),
    ...(metadata === undefined ? [] : check(page, `${key}.metadata`, metadata === 'true' ? undefined : metadata)),
  ])
}

/** The root index without some projects and without the serial of the mirror as a whole where `serials` is false. */
export function rootWithout(
  text: string,
  page: string,
  but: { readonly names: ReadonlySet<string>; readonly serial: boolean },
): string {
  if (!page.endsWith('json')) {
    const isLeft = (line: string): boolean =>
      !but.names.has(normalizeName(/<a href="(?:\/simple\/)?([^"/]*)\//.exec(line)?.[1] ?? '-'))
    return text.split('\n').filter(isLeft).join('\n')
  }
  const root = JSON.parse(text) as { meta: Record<string, unknown>; projects: { name: string }[] }
  if (but.serial) delete root.meta['_last-serial']
  return JSON.stringify(
    { ...root, projects: root.projects.filter(({ name }) => !but.names.has(normalizeName(name))) },
    null,
    1,
  )
}
