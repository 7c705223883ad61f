import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import send from 'send'
import { BandersnatchError, ConfigError, errorText } from '../errors.js'
import type { Log } from '../log/types.js'
import { LAYOUT } from '../model/layout.js'
import { PROVENANCE_TYPE } from '../model/provenance.js'
import { accessLine } from './access-line.js'
import { CONTENT_TYPES, pagesFor } from './negotiate.js'
import { route } from './route.js'
import type { Route } from './route.js'
import { readSerial } from './serial.js'

export interface Site {
  /** the mirror directory, absolute */
  readonly directory: string
  readonly hashIndex: boolean
  readonly log: Log
  /** takes a line for each request, in the combined log format */
  readonly access: (line: string) => void
}

export interface Server {
  /** no slash at the end */
  readonly url: string
  /** Breaks the connections that are left. */
  close(): Promise<void>
}

interface Sent {
  /** relative to the directory that may be sent from, encoded as in a URL */
  readonly path: string
  readonly root: string
  readonly headers: Readonly<Record<string, string | undefined>>
  /** undefined: to be asked for again each time */
  readonly immutable?: true
}

/** Addresses that cannot be had: a wrong command line. */
const LISTEN_PROBLEMS = new Map([
  ['EADDRINUSE', 'the port is in use'],
  ['EACCES', 'this user may not use the port'],
  ['EADDRNOTAVAIL', 'this machine does not have the address'],
  ['ENOTFOUND', 'there is no such host'],
])

/**
 * Serves a mirror's website: the simple index negotiated (PEP 503, PEP 691), metadata documents and release files,
 * the latter with ranges and as immutable. One process, no compression, no TLS: nginx or Caddy do this better.
 * @param address `port` 0: any free one
 * @throws ConfigError where the address cannot be listened on
 */
export async function startServer(
  site: Site,
  address: { readonly host: string; readonly port: number },
): Promise<Server> {
  const server = createServer((request, response) => {
    response.once('close', () => site.access(accessLine(request, response, new Date())))
    respond(site, request, response).catch((error: unknown) => {
      site.log.error(`${request.url ?? ''}: ${errorText(error)}`)
      if (response.headersSent) response.destroy()
      else refuse(response, 500)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const problem = LISTEN_PROBLEMS.get(error.code ?? '')
      const message = `cannot serve on ${address.host} port ${address.port}: ${problem ?? error.message}`
      reject(problem === undefined ? new BandersnatchError(message, { cause: error }) : new ConfigError(message))
    })
    server.listen(address.port, address.host, resolve)
  })
  return {
    url: urlOf(server.address()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

async function respond(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 405)
  }
  const [, path = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(request.url ?? '') ?? []
  const found = route(path, site.hashIndex)
  switch (found.kind) {
    case 'unknown':
      return refuse(response, 404)
    case 'redirect':
      response.writeHead(301, { location: found.to + query, 'content-length': 0 }).end()
      return
    case 'package':
      return sendFile(request, response, {
        path: found.path,
        root: join(site.directory, LAYOUT.packages),
        headers: { 'Content-Type': 'application/octet-stream' },
        immutable: true,
      })
    case 'time':
      return sendFile(request, response, {
        path: `/${LAYOUT.lastModified}`,
        root: site.directory,
        headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      })
    case 'provenance':
      return sendFile(request, response, {
        path: `/${found.key.split('/').map(encodeURIComponent).join('/')}`,
        root: site.directory,
        headers: { 'Content-Type': PROVENANCE_TYPE },
      })
    case 'metadata':
      return sendDocument(
        site,
        { request, response },
        { key: found.key, headers: { 'Content-Type': 'application/json' } },
      )
    case 'pages':
      return sendPage(site, { request, response }, { ...found, format: new URLSearchParams(query).get('format') })
  }
}

interface WantedPage extends Pick<Extract<Route, { kind: 'pages' }>, 'directory' | 'page'> {
  /** what the query asks for */
  readonly format: string | null
}

/** Sends the page of a directory that the client prefers. */
async function sendPage(site: Site, exchange: Exchange, { directory, page, format }: WantedPage): Promise<void> {
  const wanted = page === undefined ? pagesFor(exchange.request, format) : [page]
  const found = wanted.find((name) => existsSync(join(site.directory, directory, name)))
  if (found === undefined) return refuse(exchange.response, 404)
  const headers = { 'Content-Type': CONTENT_TYPES[found], Vary: 'Accept' }
  return sendDocument(site, exchange, { key: `${directory}/${found}`, headers })
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Sends a page or metadata document with the serial that it says of itself, as PyPI does. */
async function sendDocument(
  site: Site,
  { request, response }: Exchange,
  document: { readonly key: string; readonly headers: Readonly<Record<string, string>> },
): Promise<void> {
  const path = join(site.directory, document.key)
  if (!existsSync(path)) return refuse(response, 404)
  // The root list in HTML does not name its serial; the one in JSON does.
  const said = document.key.startsWith(`${LAYOUT.simple}/index.`)
    ? join(site.directory, LAYOUT.simple, 'index.v1_json')
    : path
  const serial = existsSync(said) ? await readSerial(said) : undefined
  sendFile(request, response, {
    path: `/${document.key}`,
    root: site.directory,
    headers: { ...document.headers, 'X-PyPI-Last-Serial': serial },
  })
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: Sent): void {
  for (const [name, value] of Object.entries(file.headers)) if (value !== undefined) response.setHeader(name, value)
  const options = { root: file.root, index: false, ...(file.immutable ? { immutable: true, maxAge: '365d' } : {}) }
  send(request, file.path, options)
    .on('error', (error: { readonly status?: number }) => refuse(response, error.status ?? 500))
    // A directory, which send would redirect to with a slash.
    .on('directory', () => refuse(response, 404))
    .pipe(response)
}

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of ['Cache-Control', 'ETag', 'Last-Modified']) response.removeHeader(name)
  const text = `${status}\n`
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': text.length }).end(text)
}
