import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../src/log/types.js'
import { startServer } from '../../src/serve/server.js'
import { freePort } from '../helpers/free-port.js'
import { adapted, running, serverEnvironment, startNginxOn } from '../helpers/web-server.js'
import type { WebServer } from '../helpers/web-server.js'
import type { FixtureMirror } from './mirror.js'
import { ROOT } from './mirror.js'

export type { WebServer }

export type StartServer = (mirror: FixtureMirror) => Promise<WebServer>

/** `bandersnatch serve` without its command line */
export const startOwn = async (mirror: Pick<FixtureMirror, 'directory' | 'config'>): Promise<WebServer> => {
  let lines: string[] = []
  const ignore = (): void => undefined
  const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const hashIndex = readFileSync(mirror.config, 'utf8').includes('hash-index = true')
  const server = await startServer(
    { directory: mirror.directory, hashIndex, log, access: (line) => void lines.push(line) },
    { host: '127.0.0.1', port: 0 },
  )
  return {
    ...server,
    requests() {
      const found = lines.map((line) => /"([A-Z]+ \S+) HTTP/.exec(line)?.[1] ?? line)
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

/** Where Debian has them. Those that are not there are built in. */
const APACHE_MODULES = '/usr/lib/apache2/modules'
const MODULES = 'mpm_event authz_core dir mime filter deflate headers rewrite setenvif'.split(' ')

/** Apache httpd with deploy/apache.conf, of which only the port and the directory are changed */
export const startApache: StartServer = async ({ scratch, web }) => {
  const port = await freePort()
  const home = join(scratch, `apache-${port}`)
  mkdirSync(home, { recursive: true })
  // Started by root, its workers run as another user.
  chmodSync(scratch, 0o755)
  const site = adapted(join(ROOT, 'deploy', 'apache.conf'), [
    ['*:80', `127.0.0.1:${port}`],
    ['/srv/pypi/web', web],
  ])
  writeFileSync(join(home, 'site.conf'), site)
  const modules = MODULES.filter((name) => existsSync(`${APACHE_MODULES}/mod_${name}.so`))
  writeFileSync(
    join(home, 'httpd.conf'),
    `ServerRoot ${home}\nServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${home}/pid\nErrorLog ${home}/error.log\n` +
      modules.map((name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so\n`).join('') +
      (process.getuid?.() === 0 ? 'User nobody\nGroup nogroup\n' : '') +
      `TypesConfig /dev/null\nLogFormat "%m %U%q" requests\nCustomLog ${home}/access.log "%r"\nInclude ${home}/site.conf\n`,
  )
  const child = spawn('apache2', ['-D', 'FOREGROUND', '-f', join(home, 'httpd.conf')], {
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return running(child, port, join(home, 'access.log'), (line) => line.replace(/ HTTP\/[\d.]+$/, ''))
}

export const SERVERS: readonly (readonly [string, StartServer])[] = [
  ['bandersnatch serve', startOwn],
  ['nginx', startNginx],
  ['Caddy', startCaddy],
  ['Apache', startApache],
]
