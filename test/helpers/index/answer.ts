import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { gzipSync } from 'node:zlib'
import { PROVENANCE_TYPE } from '../../../src/model/provenance.js'
import { percentDecode } from '../../../src/model/layout.js'
import { normalizeName } from '../../../src/packaging/name.js'
import { JSON_TYPE, pageType } from './accept.js'
import { memoryBody } from './body.js'
import { toJson } from './json.js'
import type { PackageIndex } from './package-index.js'
import { projectJson, releaseJson } from './project-json.js'
import { simpleList, simpleListHtml, simplePage, simplePageHtml } from './simple.js'
import type { Body, IndexFile } from './types.js'
import { answerCall } from './xmlrpc.js'

export interface IndexRequest {
  readonly method: string
  /** without query */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** how the client reaches the index: scheme, host and port */
  readonly base: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** as it goes over the wire */
  readonly body: Body
  /** The connection is broken after so many bytes of the body. */
  readonly cutAfter?: number
}

/** An answer with a text or bytes for its body. */
export function answerWith(status: number, headers: Answer['headers'], body: string | Buffer = ''): Answer {
  return { status, headers, body: memoryBody(Buffer.from(body)) }
}

/** What PyPI would answer: the routes that mirrors and installers use. */
export function answer(index: PackageIndex, request: IndexRequest): Answer {
  const { method, path, base, headers } = request
  if (method === 'POST' && /^\/pypi\/?$/.test(path)) {
    return document(request, answerCall(index, request.body), 'text/xml')
  }
  if (method !== 'GET' && method !== 'HEAD') return answerWith(405, { allow: 'GET, HEAD' })
  if (path === '/simple' || /^\/simple\/[^/]+$/.test(path)) return redirect(`${path}/`)
  if (path.startsWith('/packages/')) return packagesAnswer(index, request)
  if (path.startsWith('/integrity/')) return provenanceAnswer(index, path)
  const type = pageType(headers.accept)
  if (path === '/simple/') {
    const text = type === JSON_TYPE ? toJson(simpleList(index)) : simpleListHtml(index)
    return document(request, text, type, index.serial)
  }
  const [, simpleName, jsonName, version] =
    /^\/(?:simple\/([^/]+)\/|pypi\/([^/]+)(?:\/([^/]+))?\/json\/?)$/.exec(path) ?? []
  const name = percentDecode(simpleName ?? jsonName ?? '')
  const project = index.projects.get(normalizeName(name))
  if (project === undefined) return notFound
  if (name !== project.normalizedName) {
    const to = simpleName === undefined ? `/pypi/${project.normalizedName}/json` : `/simple/${project.normalizedName}/`
    return redirect(to)
  }
  if (simpleName !== undefined) {
    const text = type === JSON_TYPE ? toJson(simplePage(project, base)) : simplePageHtml(project, base)
    return document(request, text, type, project.serial)
  }
  const json = version === undefined ? projectJson(project, base) : releaseJson(project, percentDecode(version), base)
  return json === undefined ? notFound : document(request, toJson(json), 'application/json', project.serial)
}

const notFound = answerWith(404, { 'content-type': 'text/plain; charset=utf-8' }, '404 Not Found')

/** https://docs.pypi.org/api/integrity/ */
function provenanceAnswer(index: PackageIndex, path: string): Answer {
  const [, , name = '', version = '', filename = '', last] = path.split('/').map(percentDecode)
  const file = index.projects
    .get(name)
    ?.releases.get(version)
    ?.files.find((one) => one.filename === filename)
  if (last !== 'provenance' || file?.provenance === undefined) return notFound
  return answerWith(200, { 'content-type': PROVENANCE_TYPE }, file.provenance)
}

function redirect(location: string): Answer {
  return answerWith(301, { location })
}

/** A generated page: with an ETag, and packed where the client takes gzip. */
function document({ headers, method }: IndexRequest, text: string, type: string, serial?: number): Answer {
  const packed = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  const etag = `"${createHash('md5').update(text).digest('base64url')}${packed ? '-gzip' : ''}"`
  const said = {
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    etag,
    vary: 'Accept, Accept-Encoding',
    ...(serial === undefined ? {} : { 'x-pypi-last-serial': String(serial) }),
    ...(packed ? { 'content-encoding': 'gzip' } : {}),
  }
  if (method !== 'POST' && matches(headers['if-none-match'], etag)) return answerWith(304, { etag })
  return answerWith(200, said, packed ? gzipSync(text, { level: 1 }) : text)
}

/** A release file or its core metadata, whole or in part (RFC 9110, 14). */
function packagesAnswer(index: PackageIndex, request: IndexRequest): Answer {
  const path = percentDecode(request.path.slice(1))
  const file = index.stored(path)
  if (file !== undefined) return fileAnswer(request, file, file.body, file.digests().md5)
  const parent = path.endsWith('.metadata') ? index.stored(path.slice(0, -'.metadata'.length)) : undefined
  if (parent?.servesMetadata !== true) return notFound
  const md5 = createHash('md5').update(parent.metadata).digest('hex')
  return fileAnswer(request, parent, memoryBody(parent.metadata), md5)
}

function fileAnswer({ headers }: IndexRequest, file: IndexFile, body: Body, md5: string): Answer {
  const etag = `"${md5}"`
  const modified = file.uploadTime.toUTCString()
  const said = {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=365000000, immutable, public',
    etag,
    'last-modified': modified,
  }
  if (matches(headers['if-none-match'], etag)) return answerWith(304, said)
  const condition = headers['if-range']
  const range = condition === undefined || condition === etag || condition === modified ? headers.range : undefined
  const part = range === undefined ? undefined : byteRange(range, body.size)
  if (part === undefined) return { status: 200, headers: said, body }
  if (part === 'unsatisfiable') return answerWith(416, { ...said, 'content-range': `bytes */${body.size}` })
  const [start, end] = part
  return {
    status: 206,
    headers: { ...said, 'content-range': `bytes ${start}-${end - 1}/${body.size}` },
    body: { size: end - start, read: (from, to) => body.read(start + from, start + to) },
  }
}

/** Start and end (exclusive) of a single range; undefined for what is none, which is to be ignored. */
function byteRange(header: string, size: number): readonly [number, number] | 'unsatisfiable' | undefined {
  const [whole, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (whole === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  return start < end ? [start, end] : 'unsatisfiable'
}

function matches(header: string | undefined, etag: string): boolean {
  const known = (header ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
