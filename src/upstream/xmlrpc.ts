import { UpstreamError } from '../errors.js'
import type { Log } from '../log/types.js'
import { isSerial } from '../model/json.js'
import { Retryable, parseUrl, shownUrl } from './http/failure.js'
import type { RpcValue } from './rpc-value.js'
import type { Changes, HttpAnswer, HttpClient, ProjectList } from './types.js'
import { createRpcReader } from './xmlrpc-reader.js'
import type { RpcResponse } from './xmlrpc-reader.js'

const LARGEST_ANSWER = 512 * 1024 * 1024
/** PyPI gives 50,000 rows a page; its whole history had some 600 pages in 2025. */
const MOST_PAGES = 10_000
const METHOD_NOT_FOUND = -32601
/** Actions by which a project leaves the list; "remove release", "remove file …" and "remove Owner …" are none. */
const WITHDRAWN = /^remove(?: project)?$|^project quarantined$/i

/** Statuses of a server that has no XML-RPC there; redirects among them, as they lose the POST. */
const NOT_OFFERED: readonly number[] = [301, 302, 303, 400, 404, 405, 406, 410, 415, 501]

/** The upstream's XML-RPC answered with a fault. */
export class XmlRpcFault extends UpstreamError {
  constructor(
    readonly faultCode: number,
    message: string,
  ) {
    super('status', message)
  }
}

export interface RpcContext {
  readonly http: HttpClient
  readonly master: string
  readonly log: Log
  /** told of a redirect that an XML-RPC call cannot follow: where upstream is now, as `master` would name it */
  readonly onMoved?: (master: string) => void
}

function callText(method: string, serial: number | undefined): string {
  const params = serial === undefined ? '' : `<param><value><int>${serial}</int></value></param>`
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`
}

/**
 * PyPI limits the rate by a fault: "HTTPTooManyRequests: … Limit may reset in 42 seconds."
 * https://docs.pypi.org/api/xml-rpc/
 */
function faultError(value: RpcValue, shown: string): Error {
  const members = value instanceof Map ? value : new Map<string, RpcValue>()
  const code = members.get('faultCode')
  const given = members.get('faultString')
  const text = typeof given === 'string' ? given.slice(0, 300) : 'without a text'
  const fault = new XmlRpcFault(typeof code === 'number' ? code : 0, `${shown}: XML-RPC fault: ${text}`)
  if (!/too\s*many\s*requests/i.test(text)) return fault
  const seconds = /reset in (\d{1,4}) seconds?/i.exec(text)?.[1]
  return new Retryable(fault, Math.min(Number(seconds ?? 1), 300) * 1000)
}

/** @returns the value, or undefined when upstream has no such call */
async function call(context: RpcContext, method: string, serial?: number): Promise<RpcValue | undefined> {
  const url = `${context.master}/pypi`
  const shown = shownUrl(url)
  const nothing = (): undefined => undefined
  let response: () => RpcResponse | undefined = nothing
  await context.http.post(url, callText(method, serial), {
    contentType: 'text/xml',
    accept: 'text/xml',
    maxBytes: LARGEST_ANSWER,
    allow: NOT_OFFERED,
    reader: () => {
      const reader = createRpcReader(shown)
      response = reader.response
      return reader
    },
    check: (answer) => {
      if (NOT_OFFERED.includes(answer.status)) response = nothing
      const moved = movedTo(answer)
      if (moved !== undefined && moved !== context.master) context.onMoved?.(moved)
      const given = response()
      if (given?.kind !== 'fault') return
      const error = faultError(given.value, shown)
      if (!(error instanceof XmlRpcFault) || error.faultCode !== METHOD_NOT_FOUND) throw error
      response = nothing
    },
  })
  return response()?.value
}

/** The index to which an answer redirects: after 301, 302 and 303 a POST becomes a GET, which is no call any more. */
function movedTo({ status, headers, url }: HttpAnswer): string | undefined {
  const target = status > 300 && status < 304 ? parseUrl(headers['location'] ?? '', new URL(url)) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol)) return undefined
  return `${target.origin}${target.pathname.replace(/\/(?:pypi\/?)?$/, '')}`
}

function wrongShape(context: RpcContext, method: string): UpstreamError {
  return new UpstreamError(
    'content',
    `${shownUrl(context.master)}: ${method} answered with something else than asked for`,
  )
}

/** @throws UpstreamError, XmlRpcFault */
export async function lastSerial(context: RpcContext): Promise<number | 'not-offered'> {
  const value = await call(context, 'changelog_last_serial')
  if (value === undefined) return 'not-offered'
  if (!isSerial(value)) throw wrongShape(context, 'changelog_last_serial')
  return value
}

/** Takes out what has no name or serial, and says what it was: the map is large, a copy would double it. */
function takeOutMalformed(list: Map<string, RpcValue>, into: Set<string>): list is Map<string, number> {
  for (const [name, serial] of list) {
    if (name !== '' && isSerial(serial)) continue
    list.delete(name)
    into.add(name)
  }
  return true
}

/** `list_packages_with_serial`. It has no serial of its own. @throws UpstreamError, XmlRpcFault */
export async function listPackagesWithSerial(context: RpcContext): Promise<ProjectList | 'not-offered'> {
  const method = 'list_packages_with_serial'
  const value = await call(context, method)
  if (value === undefined) return 'not-offered'
  const unreadable = new Set<string>()
  if (!(value instanceof Map) || !takeOutMalformed(value, unreadable)) throw wrongShape(context, method)
  if (value.size === 0) throw new UpstreamError('content', `${shownUrl(context.master)}: ${method} names no project`)
  if (unreadable.size > 0) context.log.warn(`${method}: skipping ${unreadable.size} entries without a name and serial`)
  const odd = unreadable.size === 0 ? {} : { unreadable }
  return { serial: undefined, projects: value, hasSerials: true, etag: undefined, ...odd }
}

/**
 * Takes in one page of rows [name, version, timestamp, action, serial] that follow `after`; counts those
 * that are none. A row without a name (PyPI has some) moves the serial only.
 */
function addRows(
  rows: readonly RpcValue[],
  after: number,
  changes: { readonly projects: Map<string, number>; readonly removed: Set<string> },
): { readonly highest: number; readonly skipped: number } {
  const { projects, removed } = changes
  let highest = after
  let skipped = 0
  for (const row of rows) {
    const [name, , , action, serial] = Array.isArray(row) ? row : []
    if (!isSerial(serial) || (typeof name !== 'string' && name !== null) || name === '') {
      skipped += 1
    } else if (serial > after) {
      highest = Math.max(highest, serial)
      if (typeof action === 'string' && WITHDRAWN.test(action)) removed.add(name ?? '')
      if (name !== null) projects.set(name, Math.max(serial, projects.get(name) ?? 0))
    }
  }
  return { highest, skipped }
}

/**
 * What changed after `serial`. A page of the answer is limited, so it goes on until one brings nothing new or
 * reaches the serial `upTo`.
 * @throws UpstreamError, XmlRpcFault
 */
export async function changelogSince(
  context: RpcContext,
  serial: number,
  upTo = Infinity,
): Promise<Changes | 'not-offered'> {
  const projects = new Map<string, number>()
  let reached = serial
  let skipped = 0
  const removed = new Set<string>()
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const rows = await call(context, 'changelog_since_serial', reached)
    if (rows === undefined) return 'not-offered'
    if (!Array.isArray(rows)) throw wrongShape(context, 'changelog_since_serial')
    const added = addRows(rows, reached, { projects, removed })
    skipped += added.skipped
    const met = added.highest > reached
    reached = added.highest
    if (!met || reached >= upTo) break
  }
  if (skipped > 0) context.log.warn(`changelog_since_serial: skipping ${skipped} malformed rows`)
  return { serial: reached, projects, removed }
}
