import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../src/log.js'
import { startServer } from '../../src/serve/server.js'
import type { FixtureMirror } from './mirror.js'
import { ROOT } from './mirror.js'

export interface WebServer {
  /** no slash at the end */
  readonly url: string
  /** `GET /path`, one for each request since the last call */
  readonly requests: () => string[]
  readonly close: () => Promise<void>
}

export type StartServer = (mirror: FixtureMirror) => Promise<WebServer>

/** `bandersnatch serve` without its command line */
export const startOwn: StartServer = async (mirror) => {
  let lines: string[] = []
  const ignore = (): void => undefined
  const log: Log = { debug: ignore, info: (line) => void lines.push(line), warn: ignore, error: ignore }
  const hashIndex = readFileSync(mirror.config, 'utf8').includes('hash-index = true')
  const server = await startServer({ directory: mirror.directory, hashIndex, log }, { host: '127.0.0.1', port: 0 })
  return {
    ...server,
    requests() {
      const found = lines.map((line) => /"([A-Z]+ \S+)"/.exec(line)?.[1] ?? line)
      lines = []
      return found
    },
  }
}

/** nginx with deploy/nginx.conf, of which only `listen` and `root` are changed */
export const startNginx: StartServer = async (mirror) => {
  const port = await freePort()
  const home = join(mirror.scratch, 'nginx')
  mkdirSync(home, { recursive: true })
  // Its workers run as nobody.
  chmodSync(mirror.scratch, 0o755)
  const site = adapted('nginx.conf', [
    ['listen 80;', `listen 127.0.0.1:${port};`], ['listen [::]:80;', ''], ['/srv/pypi/web', mirror.web],
  ])
  writeFileSync(join(home, 'site.conf'), site)
  writeFileSync(join(home, 'nginx.conf'), `daemon off; pid ${home}/pid; error_log ${home}/error.log;
events {}
http {
  log_format requests '$request_method $request_uri'; access_log ${home}/access.log requests;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  include ${home}/site.conf;
}
`)
  const child = spawn('nginx', ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')])
  child.stderr.on('data', (text: Buffer) => child.emit('error', new Error(`nginx says: ${text.toString()}`)))
  return running(child, port, join(home, 'access.log'), (line) => line)
}

/** Caddy with deploy/Caddyfile, of which only the address and `root` are changed */
export const startCaddy: StartServer = async (mirror) => {
  const port = await freePort()
  const home = join(mirror.scratch, 'caddy')
  mkdirSync(home, { recursive: true })
  const log = join(home, 'access.log')
  const site = adapted('Caddyfile', [
    ['\n:80 {', `\n{\n\tadmin off\n\tauto_https off\n}\n\nhttp://127.0.0.1:${port} {\n\tlog {\n\t\toutput file ${log}\n\t}\n`],
    ['/srv/pypi/web', mirror.web],
  ])
  writeFileSync(join(home, 'Caddyfile'), site)
  const child = spawn('caddy', ['run', '--config', join(home, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  return running(child, port, log, (line) => {
    const { request } = JSON.parse(line) as { request: { method: string; uri: string } }
    return `${request.method} ${request.uri}`
  })
}

export const SERVERS: readonly (readonly [string, StartServer])[] =
  [['bandersnatch serve', startOwn], ['nginx', startNginx], ['Caddy', startCaddy]]

/** A file of deploy/ with some of its text replaced, all of which must be there. */
function adapted(file: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`deploy/${file} has no ${JSON.stringify(from)}`)
    return text.replace(from, () => to)
  }, readFileSync(join(ROOT, 'deploy', file), 'utf8'))
}

async function running(child: ChildProcess, port: number, log: string, request: (line: string) => string): Promise<WebServer> {
  const closed = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 300) throw new Error(`${child.spawnfile} does not serve (exit code ${child.exitCode})`)
    if (await fetch(`${url}/started`).then(() => true, () => false)) break
    await sleep(100)
  }
  let seen = 0
  const server: WebServer = {
    url,
    requests() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter((line) => line !== '') : []
      const fresh = lines.slice(seen).map(request)
      seen = lines.length
      return fresh
    },
    async close() {
      child.kill('SIGTERM')
      await closed
    },
  }
  while (server.requests().length === 0) await sleep(20)
  return server
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
