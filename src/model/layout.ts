import { isIPv6 } from 'node:net'
import { UnsafePathError } from '../errors.js'

/**
 * Every path of the mirror, as keys relative to the mirror directory with `/` between segments.
 * The single guard against names and URLs from upstream that would lead elsewhere.
 */
export const LAYOUT = {
  status: 'status',
  todo: 'todo',
  generation: 'generation',
  lastModified: 'web/last-modified',
  simple: 'web/simple',
  packages: 'web/packages',
  json: 'web/json',
  pypi: 'web/pypi',
  integrity: 'web/integrity',
  /** created by 8.0 although nothing uses it */
  localStats: 'web/local-stats/days',
  /** everything that 8.0 does not know */
  own: '.bandersnatch',
  journal: '.bandersnatch/journal',
  notes: '.bandersnatch/state.json',
  /** what is served of every project, and why */
  ledger: '.bandersnatch/projects',
  /** what the requirements of [closure] need, and from what that was found out */
  closure: '.bandersnatch/closure',
  serials: '.bandersnatch/serials',
  absent: '.bandersnatch/absent',
  failures: '.bandersnatch/failures.json',
  history: '.bandersnatch/history.jsonl',
  /** on S3: the last run in the history failed */
  lastFailed: '.bandersnatch/last-run-failed',
  /** what was reported of failing runs, and when */
  told: '.bandersnatch/told.json',
  verified: '.bandersnatch/verified',
  /** the last copy of the database of advisories */
  advisories: '.bandersnatch/advisories',
  /** what only upstream's pages say of files that are held back */
  held: '.bandersnatch/held',
  partial: '.bandersnatch/partial',
  publishers: '.bandersnatch/publishers',
} as const

export type PageName = 'index.html' | 'index.v1_html' | 'index.v1_json'
export const PAGE_NAMES: readonly PageName[] = ['index.html', 'index.v1_html', 'index.v1_json']

const PROJECT_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
const LONGEST_SEGMENT = 255

/** Whether a normalized name is one that PEP 508 allows and a directory can carry. */
export function isSafeProjectName(name: string): boolean {
  return name.length <= LONGEST_SEGMENT && PROJECT_NAME.test(name)
}

function checked(name: string): string {
  if (!isSafeProjectName(name)) throw new UnsafePathError(`${JSON.stringify(name)} is not a project name`)
  return name
}

/** Directory of a project's simple pages. With `hashIndex` below its first letter. @throws UnsafePathError */
export function simpleDirectory(name: string, hashIndex: boolean): string {
  return hashIndex ? `web/simple/${checked(name).charAt(0)}/${name}` : `web/simple/${checked(name)}`
}

/** @throws UnsafePathError */
export function jsonKey(name: string): string {
  return `web/json/${checked(name)}`
}

/** 8.0's second copy of the metadata document, at PyPI's own route. @throws UnsafePathError */
export function pypiJsonKey(name: string): string {
  return `web/pypi/${checked(name)}/json`
}

/** What is kept of a project's files that are held back. @throws UnsafePathError */
export function heldKey(name: string): string {
  return `${LAYOUT.held}/${checked(name)}.json`
}

/** Directory of the provenance objects of a project (PEP 740), at PyPI's own route. @throws UnsafePathError */
export function integrityDirectory(name: string): string {
  return `${LAYOUT.integrity}/${checked(name)}`
}

/** A release file by the segments of its provenance URL. */
export interface ProvenancePlace {
  /** normalized name of the project */
  readonly name: string
  readonly version: string
  readonly filename: string
}

/** @throws UnsafePathError for a version or filename that cannot be a directory */
export function provenanceKey({ name, version, filename }: ProvenancePlace): string {
  for (const segment of [version, filename]) {
    if (!isSafeFilename(segment)) throw new UnsafePathError(`${shown(segment)} cannot be part of a path`)
  }
  return `${integrityDirectory(name)}/${version}/${filename}/provenance`
}

/** What is remembered of who published a project's files. @throws UnsafePathError */
export function publishersKey(name: string): string {
  return `${LAYOUT.publishers}/${checked(name)}`
}

// Python's urlsplit: what it strips, and the schemes whose last segment may carry ;parameters.
const EDGE_CONTROLS = /^[\u0000-\u0020]+/
const ANYWHERE = /[\t\r\n]/g
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:/
const WITH_PARAMETERS = new Set([
  '',
  'ftp',
  'hdl',
  'prospero',
  'http',
  'https',
  'shttp',
  'rtsp',
  'rtsps',
  'sip',
  'sips',
  'mms',
  'sftp',
  'tel',
])

/** What PyPI's URLs look like: nothing to decode, nothing to doubt. */
const PLAIN_URL = /^(?:https?:\/\/[A-Za-z0-9.:-]+)?(\/packages(?:\/[A-Za-z0-9_+!-][A-Za-z0-9._+!-]*)+)$/

/** What Python's urlsplit accepts between `//` and the path. */
function isAuthority(text: string): boolean {
  if (text.includes('[') !== text.includes(']')) return false
  const bracketed = /\[([^\]]*)/.exec(text)?.[1]
  if (bracketed !== undefined && !isIPv6(bracketed) && !/^v[a-fA-F0-9]+\../s.test(bracketed)) return false
  // Characters that only become separators when a browser normalizes the host.
  const bare = text.replace(/[@:#?]/g, '')
  const normalized = bare.normalize('NFKC')
  return bare === normalized || !/[/?#@:]/.test(normalized)
}

/** The path of a URL, not decoded, as Python's `urlparse(url).path` gives it. */
export function urlPath(url: string): string {
  const plain = PLAIN_URL.exec(url)?.[1]
  if (plain !== undefined) return plain
  let rest = url.replace(EDGE_CONTROLS, '').replace(ANYWHERE, '')
  let scheme = ''
  const found = SCHEME.exec(rest)
  if (found) {
    scheme = found[0].slice(0, -1).toLowerCase()
    rest = rest.slice(found[0].length)
  }
  if (rest.startsWith('//')) {
    const end = rest.slice(2).search(/[/?#]/)
    const authority = end < 0 ? rest.slice(2) : rest.slice(2, 2 + end)
    if (!isAuthority(authority)) throw new UnsafePathError(`${shown(url)} is not a URL`)
    rest = end < 0 ? '' : rest.slice(2 + end)
  }
  const path = rest.replace(/#.*$/s, '').replace(/\?.*$/s, '')
  if (!WITH_PARAMETERS.has(scheme)) return path
  const semicolon = path.indexOf(';', Math.max(0, path.lastIndexOf('/')))
  return semicolon < 0 ? path : path.slice(0, semicolon)
}

const REPLACING = new TextDecoder('utf-8', { ignoreBOM: true })

/** Percent-decoding as Python's `urllib.parse.unquote`: bad escapes stay, bad UTF-8 becomes U+FFFD. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/[\u0000-\u007f]+/g, (run) => {
    const bytes: number[] = []
    for (let i = 0; i < run.length; i++) {
      const hex = run.charAt(i) === '%' ? run.slice(i + 1, i + 3) : ''
      if (/^[0-9a-fA-F]{2}$/.test(hex)) {
        bytes.push(parseInt(hex, 16))
        i += 2
      } else bytes.push(run.charCodeAt(i))
    }
    return REPLACING.decode(Uint8Array.from(bytes))
  })
}

// Control characters, and the backslash that some systems take for a separator.
const FORBIDDEN = /[\u0000-\u001f\u007f\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/**
 * Where a release file of this URL is stored: `web/packages/…`, percent-decoded.
 * @throws UnsafePathError for anything that is not a plain path below `/packages/`
 */
export function packageKey(url: string): string {
  const plain = PLAIN_URL.exec(url)?.[1]
  if (plain !== undefined) return `web${plain}`
  const [start, ...segments] = percentDecode(urlPath(url)).split('/')
  if (start !== '' || segments[0] !== 'packages' || segments.length < 2) {
    throw new UnsafePathError(`the URL ${shown(url)} does not lie below /packages/`)
  }
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..' || FORBIDDEN.test(segment)) {
      throw new UnsafePathError(`the URL ${shown(url)} has a segment that is not a plain name`)
    }
    if (!fitsFilename(segment)) throw new UnsafePathError(`the URL ${shown(url)} has a segment of more than 255 bytes`)
  }
  return `web/${segments.join('/')}`
}

/** Where a file is mirrored that does not lie below /packages/ upstream: as PyPI does it, by a digest. */
export function pathByDigest(hex: string, filename: string): string {
  return `/packages/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}/${encodeURIComponent(filename)}`
}

/** The link that a project's page gives for a file: below `rootUri`, else relative to the page. @throws UnsafePathError */
export function localUrl(url: string, rootUri: string): string {
  const path = urlPath(url)
  if (!path.startsWith('/packages')) throw new UnsafePathError(`the URL ${shown(url)} does not lie below /packages/`)
  return (rootUri === '' ? '../..' : rootUri) + path
}

/** Whether a name is short enough for a file system. */
export function fitsFilename(name: string): boolean {
  return Buffer.byteLength(name) <= LONGEST_SEGMENT
}

/** Whether a filename from a metadata document may stand on a page. */
export function isSafeFilename(filename: string): boolean {
  return (
    filename !== '' &&
    filename !== '.' &&
    filename !== '..' &&
    !filename.includes('/') &&
    !FORBIDDEN.test(filename) &&
    fitsFilename(filename)
  )
}

/** A string from upstream as it may stand in a log line: quoted, without controls, cut. */
export function shown(text: string): string {
  const quoted = JSON.stringify(text)
  return quoted.length > 300 ? `${quoted.slice(0, 300)}…"` : quoted
}
