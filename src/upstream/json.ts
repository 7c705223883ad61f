import { UpstreamError } from '../errors.js'
import { normalizeName } from '../packaging/name.js'
import { field, isObject, serial } from '../model/json.js'
import { shownUrl } from './http/failure.js'
import type { JsonObject } from '../model/project.js'
import type { HttpAnswer, HttpClient, MetadataDocument } from './types.js'

/** Some ten megabytes are the most that PyPI's have (2025). */
const LARGEST_DOCUMENT = 64 * 1024 * 1024
/** A document of nothing but brackets takes thirty times its size in memory. */
const MOST_VALUES = 4_000_000

/** The serial in X-PyPI-Last-Serial; undefined without one that can be read. */
export function serialHeader(answer: HttpAnswer): number | undefined {
  return serial(answer.headers['x-pypi-last-serial'])
}

/** An answer's JSON object. @throws UpstreamError 'content', 'too-large' */
export function parseJson(answer: HttpAnswer): MetadataDocument {
  let what = 'not JSON'
  let cause: unknown
  if (answer.body.length > MOST_VALUES && separators(answer.body) > MOST_VALUES) {
    throw new UpstreamError('too-large', `${shownUrl(answer.url)}: more than ${MOST_VALUES} values`)
  }
  try {
    // Python's decoder too takes neither a byte order mark nor broken UTF-8.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(answer.body)
    const json: unknown = JSON.parse(text)
    if (isObject(json)) return { text, json }
    what = 'not a JSON object'
  } catch (error) {
    cause = error
    if (/^\s*</.test(answer.body.toString('latin1', 0, 64))) what = 'HTML or XML instead of JSON'
  }
  throw new UpstreamError('content', `${shownUrl(answer.url)}: ${what}`, undefined, { cause })
}

/** Brackets that open and commas: as many as there are values, and those in texts. */
function separators(body: Buffer): number {
  let count = 0
  for (const byte of body) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count += 1
  return count
}

function checkDocument(answer: HttpAnswer, name: string, required: number): MetadataDocument {
  const document = parseJson(answer)
  const shown = shownUrl(answer.url)
  const info = field(document.json, 'info')
  const ownName = isObject(info) ? field(info, 'name') : undefined
  if (typeof ownName !== 'string') throw new UpstreamError('content', `${shown}: no "info" with a "name"`)
  if (normalizeName(ownName) !== name) throw new UpstreamError('content', `${shown}: the metadata of another project`)
  const got = serialHeader(answer) ?? serial(field(document.json, 'last_serial'))
  if (required > 0 && (got === undefined || got < required)) {
    throw new UpstreamError('stale', `${shown}: serial ${got ?? 'unknown'} is older than ${required}`)
  }
  return document
}

/**
 * A project's metadata document from PyPI's JSON API, 'gone' for 404.
 * https://docs.pypi.org/api/json/
 * @param required the serial that the document must at least have; 0 for any
 * @throws UpstreamError 'stale' when a cache still gives an older one after three attempts
 */
export async function fetchMetadata(
  http: HttpClient,
  master: string,
  project: { readonly name: string; readonly serial: number },
): Promise<MetadataDocument | 'gone'> {
  const name = normalizeName(project.name)
  let document: MetadataDocument | undefined
  await http.get(`${master}/pypi/${encodeURIComponent(name)}/json`, {
    accept: 'application/json',
    maxBytes: LARGEST_DOCUMENT,
    allow: [404],
    check: (answer) => {
      document = answer.status === 404 ? undefined : checkDocument(answer, name, project.serial)
    },
  })
  return document ?? 'gone'
}

/**
 * What PyPI's JSON API says of one release, 'gone' for 404. https://docs.pypi.org/api/json/#get-a-release
 * @throws UpstreamError
 */
export async function fetchReleaseMetadata(
  http: HttpClient,
  master: string,
  release: { readonly name: string; readonly version: string },
): Promise<JsonObject | 'gone'> {
  const name = normalizeName(release.name)
  let document: MetadataDocument | undefined
  await http.get(`${master}/pypi/${encodeURIComponent(name)}/${encodeURIComponent(release.version)}/json`, {
    accept: 'application/json',
    maxBytes: LARGEST_DOCUMENT,
    allow: [404],
    check: (answer) => {
      document = answer.status === 404 ? undefined : checkDocument(answer, name, 0)
    },
  })
  return document?.json ?? 'gone'
}
