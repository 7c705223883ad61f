import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../free-port.js'
import { hasCeph, motoEnvironment } from './programs.js'

/** An S3 server on loopback, and keys that it accepts. */
export interface S3Place {
  readonly name: string
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** whether it looks at signatures and checksums, as moto does not */
  readonly strict: boolean
  /** whether it has conditional writes */
  readonly conditional: boolean
}

declare module 'vitest' {
  interface ProvidedContext {
    s3: S3Place
  }
}

interface Started {
  readonly place: S3Place
  readonly child: ChildProcess
}

const SCRIPTS = join(import.meta.dirname, '..', '..', '..', 'scripts')
const READY_MS = 240_000

/** Starts one server for the s3 lane: the one that S3_TEST_SERVER names, else Ceph's gateway, else moto. */
export default async function startForLane(project: TestProject): Promise<() => Promise<void>> {
  const { place, child } = await startServer(process.env['S3_TEST_SERVER'] ?? (hasCeph() ? 'ceph' : 'moto'))
  project.provide('s3', place)
  return () => stop(child)
}

async function startServer(name: string): Promise<Started> {
  switch (name) {
    case 'moto':
      return startMoto()
    case 'ceph':
      return startScript('ceph', 'ceph-s3.sh')
    case 'swift':
      return startScript('swift', 'swift-s3.sh')
    default:
      throw new Error(`S3_TEST_SERVER is ${name}; it must be moto, ceph or swift`)
  }
}

async function startMoto(): Promise<Started> {
  const env = motoEnvironment()
  if (env === undefined) throw new Error('The S3 tests need a server. Run scripts/test-servers.sh to install one.')
  const port = await freePort()
  const code = `from moto.server import main; main(['-H', '127.0.0.1', '-p', '${port}'])`
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(process.env['PYTHON'] ?? 'python3', ['-c', code], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  await ready(child, () => answers(endpoint))
  const keys = { accessKeyId: 'testing', secretAccessKey: 'testing' }
  return { place: { name: 'moto', endpoint, ...keys, strict: false, conditional: true }, child }
}

/** A script that prints `ready URL KEY SECRET`. It ends when it is told to, and when this process is gone. */
async function startScript(name: string, script: string): Promise<Started> {
  const ports = [await freePort(), await freePort()].map(String)
  const child = spawn('bash', [join(SCRIPTS, script), ...ports], { stdio: ['pipe', 'pipe', 'pipe'] })
  const output = collect(child.stdout)
  const line = (): RegExpExecArray | null => /^ready (\S+) (\S+) (\S+)$/m.exec(output())
  await ready(child, async () => line() !== null)
  const [, endpoint = '', accessKeyId = '', secretAccessKey = ''] = line() ?? []
  // Swift has had conditional writes since 2.36.
  return { place: { name, endpoint, accessKeyId, secretAccessKey, strict: true, conditional: name !== 'swift' }, child }
}

/** Waits until the server is ready. A server that does not get ready is stopped. */
async function ready(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const errors = collect(child.stderr)
  const deadline = Date.now() + READY_MS
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`The S3 server ended with exit code ${child.exitCode}: ${errors()}`)
    if (Date.now() > deadline) {
      await stop(child)
      throw new Error(`The S3 server was not ready after ${READY_MS / 1000} s: ${errors()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: string[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  return () => chunks.join('')
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}
