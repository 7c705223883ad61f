import { createReadStream, existsSync, statSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { percentDecode } from '../../../src/model/layout.js'
import { JSON_TYPE, pageType } from './accept.js'
import type { RunningServer } from './server.js'
import { listen } from './server.js'

/**
 * Serves a mirror's web directory as a plain file server does, with the one thing PEP 691 needs besides:
 * a directory answers with `index.html` or `index.v1_json`, whichever the client accepts.
 */
export async function serveMirror(directory: string): Promise<RunningServer> {
  return listen((request, response) => {
    const path = localPath(directory, request.url ?? '/', request.headers.accept)
    if (path === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 Not Found')
      return
    }
    const length = statSync(path).size
    response.writeHead(200, { 'content-type': contentType(path), 'content-length': length, vary: 'Accept' })
    if (request.method === 'HEAD') response.end()
    else pipeline(createReadStream(path), response).catch(() => response.destroy())
  })
}

/** The file that a URL means; undefined where there is none. */
function localPath(directory: string, url: string, accept: string | undefined): string | undefined {
  const path = join(directory, normalize(`/${percentDecode(url.replace(/[?#].*$/s, ''))}`))
  if (!existsSync(path)) return undefined
  if (statSync(path).isFile()) return path
  const page = join(path, pageType(accept) === JSON_TYPE ? 'index.v1_json' : 'index.html')
  return existsSync(page) ? page : undefined
}

function contentType(path: string): string {
  if (path.endsWith('.html')) return 'text/html; charset=utf-8'
  if (path.endsWith('.v1_json')) return JSON_TYPE
  return 'application/octet-stream'
}
