import { createHash } from 'node:crypto'
import { UpstreamError } from '../errors.js'
import type { Log } from '../log/types.js'
import { normalizeName } from '../packaging/name.js'
import { field, isObject, isSerial, serial } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { parseUrl, shownUrl } from './http/failure.js'
import { createHtmlListReader } from './html-list.js'
import { createListScanner } from './list-scanner.js'
import { parseHtmlPage } from './html-page.js'
import { parseJson, serialHeader } from './json.js'
import { createSerialList } from './serial-list.js'
import type { SerialList } from './serial-list.js'
import type { BodyReader, HttpAnswer, HttpClient, ProjectList, ProjectPage } from './types.js'

// https://packaging.python.org/en/latest/specifications/simple-repository-api/#content-types
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const ACCEPTED = `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`
/** What a digest in place of an ETag begins with; an ETag has quotes. */
const DIGEST = 'sha256:'
const LARGEST_LIST = 1024 * 1024 * 1024
const LARGEST_PAGE = 64 * 1024 * 1024

/** What a list of projects has. */
interface Listed {
  readonly projects: SerialList
  /** names without a serial, in a list that has none */
  readonly bare: SerialList
  /** names with something that is no serial */
  readonly odd: Set<string>
  /** entries without a name and a serial */
  skipped: number
  html: boolean
  /** the JSON document without its `projects` */
  around: unknown
  /** stands in for the ETag where upstream sends none */
  digest: string
}

function newList(): Listed {
  const lists = { projects: createSerialList(), bare: createSerialList(), odd: new Set<string>() }
  return { ...lists, skipped: 0, html: false, around: undefined, digest: '' }
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
      else if (named) to.odd.add(name)
    }
  }
}

/** Reads a list as JSON or HTML, whichever its first character shows: not every index knows its Content-Type. */
function listReader(list: Listed, url: string): BodyReader {
  const shown = shownUrl(url)
  const json = createListScanner(
    { onProject: (name, serial) => list.projects.add(name, serial), onEntries: (entries) => addEntries(list, entries) },
    shown,
  )
  const hasher = createHash('sha256')
  let reader: BodyReader | undefined
  return {
    write(chunk) {
      hasher.update(chunk)
      const start = reader === undefined ? Buffer.from(chunk).toString('latin1').trimStart() : ''
      if (start !== '') {
        list.html = start.startsWith('<')
        reader = list.html ? createHtmlListReader((name) => list.bare.add(name, 0), { url: new URL(url), shown }) : json
      }
      reader?.write(chunk)
    },
    end() {
      if (reader === undefined) json.end()
      else reader.end()
      list.around = json.around()
      list.digest = `${DIGEST}${hasher.digest('hex')}`
    },
  }
}

function listSerial(list: Listed, answer: HttpAnswer): number | undefined {
  const meta = isObject(list.around) ? field(list.around, 'meta') : undefined
  const own = isObject(meta) ? field(meta, '_last-serial') : undefined
  return isSerial(own) ? own : serialHeader(answer)
}

/**
 * The list of all projects (PEP 691) with the serials that PyPI adds to it; of other indexes the HTML page (PEP 503),
 * too. Entries without a usable name or serial are left out with one warning, as bandersnatch 8.0 does.
 * @param etag of the list held, or what this gave in its place; 'unchanged' when it still holds
 */
export async function fetchProjectList(
  http: HttpClient,
  master: string,
  options: { readonly log: Log; readonly etag: string | undefined },
): Promise<ProjectList | 'unchanged'> {
  // With the slash: PyPI redirects the address without it.
  const url = `${master}/simple/`
  const { log, etag } = options
  let list = newList()
  const request = http.get(url, {
    accept: ACCEPTED,
    maxBytes: LARGEST_LIST,
    ...(etag === undefined || etag.startsWith(DIGEST) ? {} : { ifNoneMatch: etag, allow: [304] }),
    reader: () => {
      list = newList()
      return listReader(list, url)
    },
    check: ({ status }) => {
      if (status === 304 || list.projects.size > 0 || list.bare.size > 0) return
      const why =
        list.skipped === 0
          ? 'the list of projects is empty'
          : `none of ${list.skipped} projects has a name and a serial`
      throw new UpstreamError('content', `${shownUrl(url)}: ${why}`)
    },
  })
  const answer = await request.catch((error: unknown) => {
    throw withAdvice(error, master)
  })
  const validator = answer.headers['etag'] ?? list.digest
  if (answer.status === 304 || validator === etag) return 'unchanged'
  const { projects, bare, odd } = list
  const hasSerials = projects.size > 0
  if (hasSerials && list.skipped > 0) {
    log.warn(`${shownUrl(url)}: skipping ${list.skipped} entries without a name and serial`)
    for (const [name] of bare) odd.add(name)
  }
  return {
    serial: listSerial(list, answer),
    projects: hasSerials ? projects : bare,
    hasSerials,
    etag: validator,
    ...(odd.size === 0 ? {} : { unreadable: odd }),
    ...(list.html ? { html: true } : {}),
  }
}

/** A 404 of the whole list: mostly the address of the Simple API was taken for that of the index. */
function withAdvice(error: unknown, master: string): unknown {
  if (!(error instanceof UpstreamError) || error.status !== 404) return error
  const base = /^(.*?)\/simple$/.exec(master)?.[1]
  const advice =
    base === undefined
      ? 'master must be the address of an index, without /simple/ at its end'
      : `set master = ${shownUrl(base)}`
  return new UpstreamError(error.kind, `${error.message}: there is no list of projects here; ${advice}`, 404, {
    cause: error,
  })
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
    return { url: answer.url, serial: serialHeader(answer) ?? page.serial, json: page.json, html: true }
  }
  const { json } = parseJson(answer)
  const files = field(json, 'files')
  const ownName = field(json, 'name')
  if (!Array.isArray(files)) return wrong('no list of files')
  if (typeof ownName !== 'string' || normalizeName(ownName) !== name) return wrong('the page of another project')
  const meta = field(json, 'meta')
  const own = isObject(meta) ? serial(field(meta, '_last-serial')) : undefined
  return { url: answer.url, serial: own ?? serialHeader(answer), json: absoluteUrls(json, files, base) }
}

/**
 * A project's page of the simple index, JSON (PEP 691) or HTML (PEP 503). 'gone' for 404.
 * @throws UpstreamError 'stale' when a cache still gives one with an older serial after three attempts
 */
export async function fetchProjectPage(
  http: HttpClient,
  master: string,
  project: { readonly name: string; readonly serial: number },
): Promise<ProjectPage | 'gone'> {
  const name = normalizeName(project.name)
  let page: ProjectPage | undefined
  await http.get(`${master}/simple/${encodeURIComponent(name)}/`, {
    accept: ACCEPTED,
    maxBytes: LARGEST_PAGE,
    allow: [404],
    check: (answer) => {
      page = answer.status === 404 ? undefined : parsePage(answer, name)
      if (page?.serial === undefined || page.serial >= project.serial) return
      throw new UpstreamError('stale', `${shownUrl(answer.url)}: serial ${page.serial} is older than ${project.serial}`)
    },
  })
  return page ?? 'gone'
}
