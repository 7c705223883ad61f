import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import type { RequestListener } from 'node:http'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { listen, stop } from '../helpers/faulty-upstream.js'
import { freePort } from '../helpers/free-port.js'

/** A directory that goes when the test ends. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'upstream-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface Authority {
  /** PEM */
  readonly ca: string
  /** @param names for subjectAltName, e.g. `DNS:localhost,IP:127.0.0.1` */
  issue(names: string): { readonly key: string; readonly cert: string }
}

/** A certificate authority of our own, made by openssl. */
export function createAuthority(): Authority {
  const directory = scratch()
  const at = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=Test CA',
  )
  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    issue(names) {
      writeFileSync(at('ext'), `subjectAltName=${names}\n`)
      openssl('req', ...newKey, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=test')
      openssl(
        'x509',
        '-req',
        '-in',
        at('csr'),
        '-CA',
        at('ca.pem'),
        '-CAkey',
        at('ca.key'),
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        at('ext'),
        '-out',
        at('cert'),
      )
      return { key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('cert'), 'utf8') }
    },
  }
}

const LOCAL = 'DNS:localhost,IP:127.0.0.1'

export async function serveTls(
  authority: Authority,
  handler: RequestListener,
  names = LOCAL,
): Promise<{ url: string; port: number }> {
  const server = createHttpsServer(authority.issue(names), handler)
  const port = await listen(server)
  onTestFinished(() => stop(server))
  return { url: `https://localhost:${port}`, port }
}

/** A plain TCP server; `sockets` has those that are open. */
export async function serveTcp(onSocket: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { port: await listen(server), server }
}

async function reachable(port: number): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    if (tries === 200) throw new Error(`nothing listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Starts a server program until the test ends. See scripts/test-servers.sh when there is none. */
export async function startProgram(name: string, args: (port: number) => readonly string[]): Promise<number> {
  const port = await freePort()
  const child = spawn(name, args(port), { stdio: 'ignore' })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error(`${name} is needed: run scripts/test-servers.sh`, { cause })))
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await Promise.race([failed, reachable(port)])
  return port
}

/** @param credentials `name password` */
export async function startTinyproxy(credentials?: string): Promise<number> {
  const directory = scratch()
  return startProgram('tinyproxy', (port) => {
    const config = join(directory, 'tinyproxy.conf')
    const auth = credentials === undefined ? '' : `BasicAuth ${credentials}\n`
    writeFileSync(config, `Port ${port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nAllow 127.0.0.1\n${auth}`)
    return ['-d', '-c', config]
  })
}

export async function startMicrosocks(...credentials: readonly string[]): Promise<number> {
  return startProgram('microsocks', (port) => ['-i', '127.0.0.1', '-p', String(port), ...credentials])
}

/** SOCKS 4 and 4a. `asked` gets what clients ask for, e.g. `user localhost 1234`. */
export async function startSocks4(asked: string[]): Promise<number> {
  const { port } = await serveTcp((socket) => {
    socket.once('data', (data) => {
      const target = data.readUInt16BE(2)
      const address = [...data.subarray(4, 8)].join('.')
      const [user = '', name = ''] = data.subarray(8).toString('latin1').split('\0')
      const named = address.startsWith('0.0.0.')
      asked.push(`${user} ${named ? name : address} ${target}`)
      const onward = connect(target, named ? name : address, () => {
        socket.write(Buffer.from([0, 0x5a, 0, 0, 0, 0, 0, 0]))
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.end(Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0])))
      socket.on('close', () => onward.destroy())
    })
  })
  return port
}
