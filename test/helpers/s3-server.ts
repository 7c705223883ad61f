import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.js'

/** A real S3 server on loopback, and keys that it accepts. */
export interface S3Server {
  readonly name: string
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** whether it looks at signatures and checksums, as moto does not */
  readonly strict: boolean
  /** whether it has conditional writes */
  readonly conditional: boolean
  stop(): Promise<void>
}

const run = promisify(execFile)
const SCRIPTS = join(import.meta.dirname, '..', '..', 'scripts')
const PYTHON = process.env['PYTHON'] ?? 'python3'
const READY_MS = 50_000

/**
 * Starts the server that S3_TEST_SERVER names (`moto`, `ceph`, `swift`), else the first of moto and Ceph's gateway that
 * is there, else moto installed with pip; with `fast`, for many requests, Ceph's before moto. Tests that need S3 fail where there is none; they are not skipped.
 */
export async function startS3Server({ fast = false } = {}): Promise<S3Server> {
  switch (process.env['S3_TEST_SERVER']) {
    case undefined:
      return startWhatIsThere(fast)
    case 'moto':
      return startMoto(await motoPath())
    case 'ceph':
      return startScript('ceph', 'ceph-s3.sh')
    case 'swift':
      return startScript('swift', 'swift-s3.sh')
    default:
      throw new Error('S3_TEST_SERVER must be moto, ceph or swift')
  }
}

async function startWhatIsThere(fast: boolean): Promise<S3Server> {
  if (fast && (await works('radosgw', ['--version']))) return startScript('ceph', 'ceph-s3.sh')
  if (await works(PYTHON, ['-c', 'import moto.server'])) return startMoto(undefined)
  if (await works('radosgw', ['--version'])) return startScript('ceph', 'ceph-s3.sh')
  return startMoto(await motoPath())
}

async function works(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(command, [...args])
    return true
  } catch {
    return false
  }
}

/** Where moto is installed; undefined where Python finds it by itself. */
async function motoPath(): Promise<string | undefined> {
  if (await works(PYTHON, ['-c', 'import moto.server'])) return undefined
  const path = join(tmpdir(), 'bandersnatch-test-moto')
  if (await works(PYTHON, ['-c', `import sys; sys.path.insert(0, ${JSON.stringify(path)}); import moto.server`]))
    return path
  const fresh = await mkdtemp(`${path}.`)
  try {
    await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--retries', '1', '--target', fresh, 'moto[server]'])
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw new Error(
      `the tests of the S3 backend need a server: either Python with pip, for \`${PYTHON} -m pip install moto[server]\`, ` +
        "or Ceph's gateway, in Debian `apt-get install --no-install-recommends radosgw ceph-mon ceph-osd`",
      { cause: error },
    )
  }
  // Another test file may have been faster.
  await rename(fresh, path).catch(() => rm(fresh, { recursive: true, force: true }))
  return path
}

async function startMoto(path: string | undefined): Promise<S3Server> {
  const port = await freePort()
  const code = `from moto.server import main; main(['-H', '127.0.0.1', '-p', '${port}'])`
  const env = path === undefined ? process.env : { ...process.env, PYTHONPATH: path }
  const child = spawn(PYTHON, ['-c', code], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const errors = collect(child.stderr)
  const endpoint = `http://127.0.0.1:${port}`
  await until(
    () => child.exitCode,
    errors,
    () => answers(endpoint),
  )
  return {
    name: 'moto',
    endpoint,
    accessKeyId: 'testing',
    secretAccessKey: 'testing',
    strict: false,
    conditional: true,
    stop: () => ended(child, 'SIGKILL'),
  }
}

/** A script that prints `ready URL KEY SECRET` and serves until it is ended. */
async function startScript(name: string, script: string): Promise<S3Server> {
  const child = spawn('bash', [join(SCRIPTS, script), String(await freePort()), String(await freePort())], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child.stdout)
  const errors = collect(child.stderr)
  const ready = (): RegExpExecArray | null => /^ready (\S+) (\S+) (\S+)$/m.exec(output())
  await until(
    () => child.exitCode,
    errors,
    async () => ready() !== null,
  )
  const [, endpoint = '', accessKeyId = '', secretAccessKey = ''] = ready() ?? []
  return {
    name,
    endpoint,
    accessKeyId,
    secretAccessKey,
    strict: true,
    // Swift has had them since 2.36.
    conditional: name !== 'swift',
    stop: () => ended(child, 'SIGTERM'),
  }
}

type Child = ReturnType<typeof spawn>

async function ended(child: Child, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await exit
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: string[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  return () => chunks.join('')
}

async function until(
  exitCode: () => number | null,
  errors: () => string,
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + READY_MS
  while (!(await ready())) {
    if (exitCode() !== null) throw new Error(`the S3 server ended at once: ${errors()}`)
    if (Date.now() > deadline) throw new Error(`the S3 server is not ready after ${READY_MS / 1000} s: ${errors()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url)
    return true
  } catch {
    return false
  }
}
