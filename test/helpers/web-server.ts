import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.js'

export interface WebServer {
  /** no slash at the end */
  readonly url: string
  /** `GET /path`, one for each request since the last call */
  readonly requests: () => string[]
  readonly close: () => Promise<void>
}

export interface Site {
  /** the server's configuration as it stands in deploy/ */
  readonly configuration: string
  /** what to serve */
  readonly web: string
  /** a directory for the server's own files; it is made */
  readonly home: string
}

/** nginx with deploy/nginx.conf, of which only `listen` and `root` are changed */
export async function startNginxOn({ configuration, web, home }: Site): Promise<WebServer> {
  const port = await freePort()
  mkdirSync(home, { recursive: true })
  // Started by root, its workers run as nobody.
  chmodSync(dirname(home), 0o755)
  writeFileSync(
    join(home, 'site.conf'),
    adapted(configuration, [
      ['listen 80;', `listen 127.0.0.1:${port};`],
      ['listen [::]:80;', ''],
      ['/srv/pypi/web', web],
    ]),
  )
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; pid ${home}/pid; error_log ${home}/error.log;
events {}
http {
  log_format requests '$request_method $request_uri'; access_log ${home}/access.log requests;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  include ${home}/site.conf;
}
`,
  )
  const child = spawn('nginx', ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')], {
    env: serverEnvironment(),
  })
  child.stderr.on('data', (text: Buffer) => child.emit('error', new Error(`nginx says: ${text.toString()}`)))
  return running(child, port, join(home, 'access.log'), (line) => line)
}

/** Servers are installed where only root looks for programs. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin` }
}

/** A file of deploy/ with some of its text replaced, all of which must be there. */
export function adapted(path: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${path} has no ${JSON.stringify(from)}`)
      return text.replace(from, () => to)
    },
    readFileSync(path, 'utf8'),
  )
}

/** The server once it answers. `request`: `GET /path` of a line of its access log. */
export async function running(
  child: ChildProcess,
  port: number,
  log: string,
  request: (line: string) => string,
): Promise<WebServer> {
  const closed = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 300)
      throw new Error(`${child.spawnfile} does not serve (exit code ${child.exitCode})`)
    if (
      await fetch(`${url}/started`).then(
        () => true,
        () => false,
      )
    )
      break
    await sleep(100)
  }
  let seen = 0
  const server: WebServer = {
    url,
    requests() {
      const lines = existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : []
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
