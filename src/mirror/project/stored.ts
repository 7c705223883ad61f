import type { MirrorConfig } from '../../config/types.js'
import { parseDocument } from '../../model/document.js'
import { MIRROR_HOST, pageFiles } from '../../model/page.js'
import { PAGE_NAMES, jsonKey, simpleDirectory } from '../../model/layout.js'
import type { PageName } from '../../model/layout.js'
import { field, parseJsonObject } from '../../model/json.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { Storage } from '../../storage/types.js'
import { parseHtmlPage } from '../../upstream/html-page.js'

/**
 * The page of a project as the mirror serves it, with the keys of PEP 691; undefined where there is none. The page that
 * knows most: JSON before HTML, at the place of today before the other one of `hash-index`.
 */
export async function storedPage(
  storage: Storage,
  config: MirrorConfig,
  name: string,
): Promise<JsonObject | undefined> {
  for (const directory of pageDirectories(name, config.hashIndex)) {
    for (const page of PAGE_NAMES.toReversed()) {
      const found = await readPage(storage, { directory, page, name })
      if (found !== undefined && found !== 'damaged') return found
    }
  }
  return undefined
}

/** All pages that the mirror serves of a project, in every format and at either place of `hash-index`. */
export async function storedPages(storage: Storage, config: MirrorConfig, name: string): Promise<JsonObject[]> {
  const [own, other] = pageDirectories(name, config.hashIndex)
  const misplaced = new Set(await storage.names(other, 'files'))
  const places = [
    ...PAGE_NAMES.map((page) => ({ page, key: `${own}/${page}` })),
    ...PAGE_NAMES.filter((page) => misplaced.has(page)).map((page) => ({ page, key: `${other}/${page}` })),
  ]
  const pages: JsonObject[] = []
  const bodies = new Set<string>()
  for (const { page, key } of places) {
    const body = await storage.read(key)
    // index.html and index.v1_html are copies of each other.
    const text = body?.toString('latin1')
    if (body === undefined || text === undefined || bodies.has(text)) continue
    bodies.add(text)
    const parsed = parsePage(body, page, name)
    if (parsed !== undefined) pages.push(parsed)
  }
  return pages
}

export interface PagePlace {
  readonly directory: string
  readonly page: PageName
  readonly name: string
}

/** One page; 'damaged' where it cannot be read as what it is. */
export async function readPage(
  storage: Storage,
  { directory, page, name }: PagePlace,
): Promise<JsonObject | 'damaged' | undefined> {
  const body = await storage.read(`${directory}/${page}`)
  return body === undefined ? undefined : (parsePage(body, page, name) ?? 'damaged')
}

/** How 8.0 and this program note the serial at the end of an HTML page. */
const HTML_SERIAL = /<!--SERIAL (\d{1,15})-->\s*$/

function parsePage(body: Buffer, page: PageName, name: string): JsonObject | undefined {
  if (page === 'index.v1_json') {
    const json = parseJsonObject(body)
    return json !== undefined && Array.isArray(json['files']) ? json : undefined
  }
  // A page that was cut off lacks its end.
  if (!/<\/html>/i.test(body.toString('latin1', Math.max(0, body.length - 100)))) return undefined
  const { json } = parseHtmlPage(body, { base: new URL(`${MIRROR_HOST}/simple/${name}/`), name })
  const serial = HTML_SERIAL.exec(body.toString('latin1', Math.max(0, body.length - 100)))?.[1]
  return serial === undefined ? json : { ...json, meta: { '_last-serial': Number(serial) } }
}

/** The project of a stored metadata document; undefined where there is none, 'unreadable' where it is damaged. */
export async function storedProject(storage: Storage, name: string): Promise<Project | undefined | 'unreadable'> {
  const body = await storage.read(jsonKey(name))
  if (body === undefined) return undefined
  const json = parseJsonObject(body)
  if (json === undefined) return 'unreadable'
  try {
    const parsed = parseDocument(json, body.toString('utf8'), name)
    return parsed.kind === 'complete' ? parsed.project : undefined
  } catch {
    return 'unreadable'
  }
}

/**
 * Whether a stored page tells all that pages of the configured formats need: an HTML page lacks what only JSON pages say,
 * and a JSON page of version 1.1 the reason of a yank, which HTML pages give.
 */
export function tellsPageFields(
  page: JsonObject,
  { simpleFormat, simpleApiVersion }: Pick<MirrorConfig, 'simpleFormat' | 'simpleApiVersion'>,
): boolean {
  if (simpleFormat === 'HTML') return !Object.hasOwn(page, 'versions') || simpleApiVersion !== '1.1' || !hasYanked(page)
  if (!Object.hasOwn(page, 'versions')) return false
  return simpleFormat === 'JSON' || simpleApiVersion !== '1.1' || !hasYanked(page)
}

/** Whether a stored page tells upload times: HTML pages do not. */
export function tellsTimes(page: JsonObject): boolean {
  return Object.hasOwn(page, 'versions')
}

function hasYanked(page: JsonObject): boolean {
  return pageFiles(page).some((file) => field(file, 'yanked') === true)
}

/** Whether the mirror serves a page of a project. Other directories below `web/simple` are not ours to remove. */
export async function hasPages(storage: Storage, config: MirrorConfig, name: string): Promise<boolean> {
  for (const hashIndex of [config.hashIndex, !config.hashIndex]) {
    const directory = simpleDirectory(name, hashIndex)
    for (const page of PAGE_NAMES) if ((await storage.stat(`${directory}/${page}`)) !== undefined) return true
  }
  return false
}

/** The directories that pages of a project may be in: where they belong, then where `hash-index` would otherwise have them. */
export function pageDirectories(name: string, hashIndex: boolean): readonly [own: string, other: string] {
  return [simpleDirectory(name, hashIndex), simpleDirectory(name, !hashIndex)]
}
