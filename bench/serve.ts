import { LOOPBACK, keyOf } from './place.js'
import type { Network, Place, Served } from './place.js'
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer, connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nginxConfig } from './nginx.js'
import type { Options } from './options.js'

export interface Traffic {
  readonly requests: number
  readonly bytes: number
}

export interface Upstream {
  /** stops the server */
  close(): Promise<void>
  /** forgets what was counted */
  reset(): Promise<void>
  /** What was answered since, bytes with headers. @throws where an answer was an error */
  traffic(): Promise<Traffic>
}

/** nginx writes its log in pieces, as busy servers do; this long after the last answer all of it is there. */
const LOG_DELAY_MS = 300
const START_MS = 20_000

function has(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Chooses server, port and certificate. `port` 0 for any that is free. */
export async function choosePlace(
  directory: string,
  { port, server: wanted }: Pick<Options, 'port' | 'server'>,
  network: Network = LOOPBACK,
): Promise<Place> {
  fs.mkdirSync(directory, { recursive: true })
  const server = wanted === 'auto' && has('nginx', ['-v']) ? 'nginx' : 'node'
  const chosen = port === 0 ? await freePort() : port
  const { host } = network
  const common = { directory, network, port: chosen, server, fixed: port !== 0 } as const
  if (!has('openssl', ['version'])) return { ...common, url: `http://${host}:${chosen}`, certificate: undefined }
  const certificate = join(directory, 'certificate.pem')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      keyOf(certificate),
      '-out',
      certificate,
      '-subj',
      '/CN=localhost',
      '-addext',
      `subjectAltName=IP:${host}`,
    ],
    { stdio: 'ignore' },
  )
  return { ...common, url: `https://${host}:${chosen}`, certificate }
}

/** One that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Starts the upstream in a process of its own: nginx where it is installed, else Node. */
export async function serve(place: Place, served: Served): Promise<Upstream> {
  const log = join(place.directory, 'access.log')
  fs.writeFileSync(log, '')
  const child = place.server === 'nginx' ? startNginx(place, served, log) : startNode(place, served, log)
  await listening(child, place)
  let from = 0
  return {
    async close() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
    async reset() {
      await sleep(LOG_DELAY_MS)
      from = fs.statSync(log).size
    },
    async traffic() {
      await sleep(LOG_DELAY_MS)
      const lines = fs
        .readFileSync(log)
        .subarray(from)
        .toString('latin1')
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
      const wrong = lines.find((line) => !line.startsWith('2'))
      if (wrong !== undefined) throw new Error(`the upstream answered: ${wrong}`)
      return { requests: lines.length, bytes: lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0) }
    },
  }
}

function startNginx(place: Place, served: Served, log: string): ChildProcess {
  const file = join(place.directory, 'nginx.conf')
  fs.writeFileSync(file, nginxConfig(place, served, log))
  for (const [call, answer] of Object.entries(rpcAnswers(served))) fs.writeFileSync(join(place.directory, call), answer)
  return start(place, ['nginx', '-p', place.directory, '-e', join(place.directory, 'error.log'), '-c', file])
}

function startNode(place: Place, served: Served, log: string): ChildProcess {
  const setting = JSON.stringify({ place, served, log })
  return start(place, [process.execPath, join(import.meta.dirname, 'node-upstream.js'), setting])
}

function start({ network }: Place, argv: readonly string[]): ChildProcess {
  const [program = '', ...rest] = [...network.serving, ...argv]
  return spawn(program, rest, { stdio: 'inherit' })
}

/** What XML-RPC answers, by the file that nginx keeps it in: the last serial, and that nothing happened since. */
export function rpcAnswers({ serial }: Served): { readonly 'serial.xml': string; readonly 'changes.xml': string } {
  const answer = (value: string): string =>
    `<?xml version='1.0'?>\n<methodResponse><params><param><value>${value}</value></param></params></methodResponse>\n`
  return { 'serial.xml': answer(`<int>${serial}</int>`), 'changes.xml': answer('<array><data></data></array>') }
}

async function listening(child: ChildProcess, place: Place): Promise<void> {
  const { port } = place
  for (const end = performance.now() + START_MS; performance.now() < end; await sleep(50)) {
    if (child.exitCode !== null)
      throw new Error(`the upstream ended at once (exit code ${child.exitCode}): is port ${port} in use?`)
    if ((await answers(place)) && child.exitCode === null) return
  }
  child.kill('SIGTERM')
  throw new Error(`the upstream does not listen on port ${port}`)
}

/** Whether somebody listens there. At the other end of a link only a program of that end can tell. */
async function answers({ network, port, url }: Place): Promise<boolean> {
  if (network.asking.length > 0) {
    const [program = '', ...rest] = [...network.asking, 'curl', '-sk', '--max-time', '5', '-o', '/dev/null', url]
    return has(program, rest)
  }
  const socket = connect(port, network.host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
