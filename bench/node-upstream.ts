/** The upstream where nginx is not installed: a process of its own, with the routes of nginx.ts. */
import * as fs from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { gunzipSync } from 'node:zlib'
import { rpcAnswers } from './serve.js'
import { keyOf } from './place.js'
import type { Place, Served } from './place.js'

interface Setting {
  readonly place: Place
  readonly served: Served
  readonly log: string
}

const SMALL = 1 << 20
const { place, served, log } = JSON.parse(process.argv[2] ?? '') as Setting
const logFile = fs.openSync(log, 'a')
const LIST_TYPE = 'application/vnd.pypi.simple.v1+json'

/** The packed document that a path stands for, and its type. */
function packedFile(path: string): { file: string; type: string } | undefined {
  if (/^\/simple\/?$/.test(path)) return { file: served.list, type: LIST_TYPE }
  const [, page, metadata] = /^\/(?:simple\/([^/]+)\/|pypi\/([^/]+)\/json)$/.exec(path) ?? []
  if (page !== undefined) return { file: join(served.documents, 'simple', page), type: LIST_TYPE }
  if (metadata !== undefined) return { file: join(served.documents, 'pypi', metadata), type: 'application/json' }
  return undefined
}

function send(response: ServerResponse, headers: Record<string, string>, body: Buffer | string): void {
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = await text(request)
  const answers = rpcAnswers(served)
  send(
    response,
    { 'content-type': 'text/xml' },
    answers[call.includes('changelog_last_serial') ? 'serial.xml' : 'changes.xml'],
  )
}

async function answer(path: string, gzip: boolean, response: ServerResponse): Promise<void> {
  const document = packedFile(path)
  if (document !== undefined) {
    const packed = fs.readFileSync(`${document.file}.gz`)
    const headers = { 'content-type': document.type, 'x-pypi-last-serial': '999999999' }
    return gzip
      ? send(response, { ...headers, 'content-encoding': 'gzip' }, packed)
      : send(response, headers, gunzipSync(packed))
  }
  const root = path.startsWith('/packages/')
    ? served.files
    : path.startsWith('/integrity/')
      ? served.documents
      : undefined
  if (root === undefined || path.includes('/../')) throw new Error(`no such path: ${path}`)
  const file = join(root, path)
  const { size } = fs.statSync(file)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
  if (size <= SMALL) return send(response, headers, fs.readFileSync(file))
  response.writeHead(200, headers)
  await pipeline(fs.createReadStream(file, { highWaterMark: SMALL }), response)
}

const listener: RequestListener = (request, response) => {
  const path = decodeURIComponent((request.url ?? '/').replace(/\?.*$/s, ''))
  const { socket } = request
  const before = socket.bytesWritten
  response.on('finish', () => {
    fs.writeSync(logFile, `${response.statusCode} ${socket.bytesWritten - before} ${request.method ?? ''} ${path}\n`)
  })
  const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const answered = path === '/pypi' ? answerCall(request, response) : answer(path, gzip, response)
  answered.catch((error: unknown) => {
    if (response.headersSent) response.destroy()
    else response.writeHead(404).end(String(error))
  })
}

const { certificate } = place
const server =
  certificate === undefined
    ? createServer(listener)
    : createTlsServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(keyOf(certificate)) }, listener)
server.listen(place.port, place.network.host)
