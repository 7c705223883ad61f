import { UpstreamError } from '../errors.js'
import type { Log } from '../log.js'
import { normalizeName } from '../model/name.js'
import { field, isObject } from '../model/parse.js'
import type { JsonObject } from '../model/project.js'
import { parseUrl, shownUrl } from './failure.js'
import { createListScanner } from './list-scanner.js'
import { parseHtmlPage } from './html-page.js'
import { parseJson, serialHeader } from './json.js'
import { createSerialList } from './serial-list.js'
import type { SerialList } from './serial-list.js'
import type { HttpAnswer, HttpClient, ProjectList, ProjectPage } from './types.js'

// https://packaging.python.org/en/latest/specifications/simple-repository-api/#content-types
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const PAGE_TYPES = `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`
const LARGEST_LIST = 1024 * 1024 * 1024
const LARGEST_PAGE = 128 * 1024 * 1024

/** A serial of the list, as bandersnatch compares them: a whole number, never text. */
function isSerial(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** What a list of projects has. */
interface Listed {
  readonly projects: SerialList
  /** names that have no serial */
  readonly bare: SerialList
  /** entries that are no project with a serial */
  skipped: number
}

function addEntries(to: Listed, entries: readonly unknown[]): void {
  for (const entry of entries) {
    const name = isObject(entry) ? entry['name'] : undefined
    const serial = isObject(entry) ? entry['_last-serial'] : undefined
    const named = typeof name === 'string' && name !== ''
    if (named && isSerial(serial)) to.projects.add(name, serial)
    else {
      to.skipped += 1
      // Once one project has a serial, the others are malformed.
      if (named && to.projects.size === 0 && serial === undefined) to.bare.add(name, 0)
    }
  }
}

function listSerial(around: unknown, answer: HttpAnswer): number | undefined {
  const meta = isObject(around) ? field(around, 'meta') : undefined
  const own = isObject(meta) ? field(meta, '_last-serial') : undefined
  return isSerial(own) ? own : serialHeader(answer)
}

/**
 * The list of all projects (PEP 691) with the serials that PyPI adds to it. Entries without a usable name
 * or serial are left out with one warning, as bandersnatch 8.0 does.
 * @param etag of the list held; 'unchanged' when it still holds
 */
export async function fetchProjectList(
  http: HttpClient,
  master: string,
  options: { readonly log: Log; readonly etag: string | undefined },
): Promise<ProjectList | 'unchanged'> {
  // With the slash: PyPI redirects the address without it.
  const url = `${master}/simple/`
  const { log, etag } = options
  const nothing = (): Listed => ({ projects: createSerialList(), bare: createSerialList(), skipped: 0 })
  let listed = nothing()
  let around: () => unknown = () => undefined
  const answer = await http.get(url, {
    accept: JSON_TYPE,
    maxBytes: LARGEST_LIST,
    ...(etag === undefined ? {} : { ifNoneMatch: etag, allow: [304] }),
    reader: () => {
      const fresh = nothing()
      listed = fresh
      const scanner = createListScanner(
        {
          onProject: (name, serial) => fresh.projects.add(name, serial),
          onEntries: (entries) => addEntries(fresh, entries),
        },
        shownUrl(url),
      )
      around = scanner.around
      return scanner
    },
    check: ({ status }) => {
      const { projects, bare, skipped } = listed
      if (status === 304 || projects.size > 0 || bare.size > 0) return
      const why =
        skipped === 0 ? 'the list of projects is empty' : `none of ${skipped} projects has a name and a serial`
      throw new UpstreamError('content', `${shownUrl(url)}: ${why}`)
    },
  })
  if (answer.status === 304) return 'unchanged'
  const newEtag = answer.headers['etag']
  const { projects, bare, skipped } = listed
  if (projects.size === 0)
    return { serial: listSerial(around(), answer), projects: bare, hasSerials: false, etag: newEtag }
  if (skipped > 0) log.warn(`${shownUrl(url)}: skipping ${skipped} entries without a name and serial`)
  return { serial: listSerial(around(), answer), projects, hasSerials: true, etag: newEtag }
}

function isHtml(answer: HttpAnswer): boolean {
  const type = answer.headers['content-type'] ?? ''
  if (/\bjson\b/i.test(type)) return false
  return /\bhtml\b/i.test(type) || answer.body.toString('latin1', 0, 64).trimStart().startsWith('<')
}

/** The document with the URLs of its files made absolute. */
function absoluteUrls(page: JsonObject, files: readonly unknown[], base: URL): JsonObject {
  const resolved = files.map((file) => {
    const url = isObject(file) ? field(file, 'url') : undefined
    const absolute = typeof url === 'string' ? parseUrl(url, base) : undefined
    return isObject(file) && absolute !== undefined ? { ...file, url: absolute.href } : file
  })
  return { ...page, files: resolved }
}

function parsePage(answer: HttpAnswer, name: string): ProjectPage {
  const base = new URL(answer.url)
  const wrong = (what: string): never => {
    throw new UpstreamError('content', `${shownUrl(base)}: ${what}`)
  }
  if (isHtml(answer)) {
    const page = parseHtmlPage(answer.body, { base, name })
    return { url: answer.url, serial: serialHeader(answer) ?? page.serial, json: page.json }
  }
  const { json } = parseJson(answer)
  const files = field(json, 'files')
  const ownName = field(json, 'name')
  if (!Array.isArray(files)) return wrong('no list of files')
  if (typeof ownName !== 'string' || normalizeName(ownName) !== name) return wrong('the page of another project')
  const meta = field(json, 'meta')
  const own = isObject(meta) ? field(meta, '_last-serial') : undefined
  return { url: answer.url, serial: isSerial(own) ? own : serialHeader(answer), json: absoluteUrls(json, files, base) }
}

/** A project's page of the simple index, JSON (PEP 691) or HTML (PEP 503). 'gone' for 404. */
export async function fetchProjectPage(
  http: HttpClient,
  master: string,
  project: string,
): Promise<ProjectPage | 'gone'> {
  const name = normalizeName(project)
  let page: ProjectPage | undefined
  await http.get(`${master}/simple/${encodeURIComponent(name)}/`, {
    accept: PAGE_TYPES,
    maxBytes: LARGEST_PAGE,
    allow: [404],
    check: (answer) => {
      page = answer.status === 404 ? undefined : parsePage(answer, name)
    },
  })
  return page ?? 'gone'
}
