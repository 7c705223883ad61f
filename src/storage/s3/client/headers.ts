import { LAYOUT } from '../../../model/layout.js'
import { PROVENANCE_TYPE } from '../../../model/provenance.js'

/** What a web server in front of the bucket, or its own website, sends with an object. */
export interface ObjectHeaders {
  readonly ContentType: string
  readonly CacheControl: string
}

export interface CacheRules {
  readonly cacheControlPackages: string | undefined
  readonly cacheControlPages: string | undefined
}

/** A release file's URL holds its digest, so it never changes. */
const PACKAGES = 'public, max-age=31536000, immutable'
/** As long as PyPI lets its own pages be cached. */
const PAGES = 'public, max-age=600'
const STATE = 'no-store'

const TEXT = 'text/plain; charset=utf-8'
const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json'

/** Endings of simple pages, PEP 691. */
const PAGE_TYPES: ReadonlyMap<string, string> = new Map([
  ['html', HTML],
  ['v1_html', 'application/vnd.pypi.simple.v1+html'],
  ['v1_json', 'application/vnd.pypi.simple.v1+json'],
  ['json', JSON_TYPE],
])

const isBelow = (key: string, directory: string): boolean => key.startsWith(`${directory}/`)

/** Content-Type and Cache-Control of the object of this key. */
export function headersOf(key: string, rules: CacheRules): ObjectHeaders {
  if (isBelow(key, LAYOUT.packages)) {
    return {
      ContentType: key.endsWith('.metadata') ? TEXT : 'application/octet-stream',
      CacheControl: rules.cacheControlPackages ?? PACKAGES,
    }
  }
  if (!isBelow(key, 'web')) return { ContentType: TEXT, CacheControl: STATE }
  return { ContentType: pageType(key), CacheControl: rules.cacheControlPages ?? PAGES }
}

function pageType(key: string): string {
  if (isBelow(key, LAYOUT.integrity)) return PROVENANCE_TYPE
  if (isBelow(key, LAYOUT.json) || isBelow(key, LAYOUT.pypi)) return JSON_TYPE
  return PAGE_TYPES.get(key.slice(key.lastIndexOf('.') + 1)) ?? TEXT
}
