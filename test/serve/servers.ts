import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../src/log/types.js'
import { startServer } from '../../src/serve/server.js'
import { freePort } from '../helpers/free-port.js'
import { adapted, running, startNginxOn } from '../helpers/web-server.js'
import type { WebServer } from '../helpers/web-server.js'
import type { FixtureMirror } from './mirror.js'
import { ROOT } from './mirror.js'

export type { WebServer }

export type StartServer = (mirror: FixtureMirror) => Promise<WebServer>

/** `bandersnatch serve` without its command line */
export const startOwn = async (mirror: Pick<FixtureMirror, 'directory' | 'config'>): Promise<WebServer> => {
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

/** nginx with deploy/nginx.conf */
export const startNginx: StartServer = ({ scratch, web }) =>
  startNginxOn({ configuration: join(ROOT, 'deploy', 'nginx.conf'), web, home: join(scratch, 'nginx') })

/** Caddy with deploy/Caddyfile, of which only the address and `root` are changed */
export const startCaddy: StartServer = async (mirror) => {
  const port = await freePort()
  const home = join(mirror.scratch, 'caddy')
  mkdirSync(home, { recursive: true })
  const log = join(home, 'access.log')
  const site = adapted(join(ROOT, 'deploy', 'Caddyfile'), [
    [
      '\n:80 {',
      `\n{\n\tadmin off\n\tauto_https off\n}\n\nhttp://127.0.0.1:${port} {\n\tlog {\n\t\toutput file ${log}\n\t}\n`,
    ],
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

export const SERVERS: readonly (readonly [string, StartServer])[] = [
  ['bandersnatch serve', startOwn],
  ['nginx', startNginx],
  ['Caddy', startCaddy],
]
