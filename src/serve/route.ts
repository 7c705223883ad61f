import {
  isSafeFilename,
  isSafeProjectName,
  jsonKey,
  LAYOUT,
  PAGE_NAMES,
  percentDecode,
  provenanceKey,
  pypiJsonKey,
  simpleDirectory,
} from '../model/layout.js'
import type { PageName } from '../model/layout.js'
import { normalizeName } from '../packaging/name.js'

/** What a path of the mirror's website means. Keys are relative to the mirror directory. */
export type Route =
  | { readonly kind: 'redirect'; readonly to: string }
  /** `page`: the one that the URL itself names */
  | { readonly kind: 'pages'; readonly directory: string; readonly page: PageName | undefined }
  | { readonly kind: 'metadata'; readonly key: string }
  | { readonly kind: 'provenance'; readonly key: string }
  /** `path`: below web/packages, still encoded as in the URL */
  | { readonly kind: 'package'; readonly path: string }
  /** when the mirror was complete last */
  | { readonly kind: 'time' }
  | { readonly kind: 'unknown' }

const UNKNOWN: Route = { kind: 'unknown' }

/**
 * Maps a URL's path to what the mirror holds, and names to their normalized form (PEP 503).
 * @param path of the request, without query, percent-encoded
 * @param hashIndex whether the projects' pages lie below their first letters
 */
export function route(path: string, hashIndex: boolean): Route {
  if (path === '/' || path === '/simple') return { kind: 'redirect', to: '/simple/' }
  if (path === '/last-modified') return { kind: 'time' }
  if (path.startsWith('/packages/')) return { kind: 'package', path: path.slice('/packages'.length) }
  if (path.startsWith('/integrity/')) return provenanceRoute(path)
  const [start, room, first = '', second = '', ...more] = path.split('/').map(percentDecode)
  if (start !== '' || more.length > 0)
    return more.length === 1 && more[0] === '' ? withoutSlash(path, hashIndex) : UNKNOWN
  if (room === 'simple') return simpleRoute(path, first, second, hashIndex)
  const name = normalizeName(first)
  if (!isSafeProjectName(name)) return UNKNOWN
  if (room === 'json' && second === '' && !path.endsWith('/'))
    return metadataRoute(first, `/json/${name}`, jsonKey(name))
  if (room === 'pypi' && second === 'json') return metadataRoute(first, `/pypi/${name}/json`, pypiJsonKey(name))
  return UNKNOWN
}

/** https://docs.pypi.org/api/integrity/ */
function provenanceRoute(path: string): Route {
  const [, , asked = '', version = '', filename = '', last, ...more] = path.split('/').map(percentDecode)
  const name = normalizeName(asked)
  const isSafe = isSafeProjectName(name) && isSafeFilename(version) && isSafeFilename(filename)
  if (!isSafe || last !== 'provenance' || more.length > 0) return UNKNOWN
  const key = provenanceKey({ name, version, filename })
  return name === asked
    ? { kind: 'provenance', key }
    : { kind: 'redirect', to: path.replace(/^(\/integrity\/)[^/]+/, `$1${name}`) }
}

/** `/pypi/NAME/json/`, which PyPI takes too */
function withoutSlash(path: string, hashIndex: boolean): Route {
  return path.startsWith('/pypi/') ? route(path.slice(0, -1), hashIndex) : UNKNOWN
}

function simpleRoute(path: string, first: string, second: string, hashIndex: boolean): Route {
  const page = PAGE_NAMES.find((name) => name === (second === '' ? first : second))
  if (path === '/simple/' || path === `/simple/${page}`) return { kind: 'pages', directory: LAYOUT.simple, page }
  const name = normalizeName(first)
  if (!isSafeProjectName(name) || (second !== '' && page === undefined)) return UNKNOWN
  const to = `/simple/${name}/${page ?? ''}`
  if (to !== path) return { kind: 'redirect', to }
  return { kind: 'pages', directory: simpleDirectory(name, hashIndex), page }
}

function metadataRoute(asked: string, to: string, key: string): Route {
  return to.split('/')[2] === asked ? { kind: 'metadata', key } : { kind: 'redirect', to }
}
