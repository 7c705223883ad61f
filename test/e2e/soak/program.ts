import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'bandersnatch.js')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  /** the log */
  readonly stderr: string
  /** from start to end */
  readonly ms: number
  /** bytes; 0 where the system does not tell */
  readonly peakMemory: number
}

export interface Running {
  readonly pid: number
  /** what was logged so far */
  log(): string
  /** Resolves when a line matches or the program ended. */
  logged(pattern: RegExp): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Nobody reads the log from now on. */
  hangUp(): void
  readonly ended: Promise<Ended>
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** a command that runs the program: another user, another mount namespace */
  readonly by?: readonly string[]
}

/** The program as an admin starts it. Proxies and limits of this machine's environment do not reach it. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  const clean = Object.entries(process.env).filter(([name]) => !/_proxy$|^AWS_|^SOAK/i.test(name))
  const [command = '', ...before] = [...(options.by ?? []), process.execPath]
  const startedAt = performance.now()
  const child = spawn(command, [...before, BIN, ...args], {
    cwd: options.cwd ?? '/',
    env: { ...Object.fromEntries(clean), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid ?? 0
  let stdout = ''
  let stderr = ''
  let peakMemory = 0
  let waiting: (() => void)[] = []
  const wake = (): void => {
    const now = waiting
    waiting = []
    for (const each of now) each()
  }
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    wake()
  })
  const watch = setInterval(() => (peakMemory = Math.max(peakMemory, highWaterMark(pid))), 50)
  let over = false
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearInterval(watch)
      over = true
      wake()
      resolve({ code, signal, stdout, stderr, peakMemory, ms: performance.now() - startedAt })
    })
  })
  return {
    pid,
    log: () => stderr,
    async logged(pattern) {
      while (!over && !pattern.test(stderr)) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    kill: (signal) => void child.kill(signal),
    hangUp() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    ended,
  }
}

/** Runs the program to its end. */
export function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, options).ended
}

/** The most memory that a process had at once, in bytes. */
function highWaterMark(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Writes a configuration for a mirror of an index that speaks http. `more`: further lines, sections too. */
export function writeConfig(path: string, mirror: Readonly<Record<string, string | number>>, more = ''): string {
  const options = { 'allow-non-https': 'true', timeout: 10, workers: 5, ...mirror }
  const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}`)
  writeFileSync(path, `[mirror]\n${lines.join('\n')}\n${more}`)
  return path
}

/** Lines of a log that no program should print: traces, and errors that nobody thought of. */
export function strayLines(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /^\s+at .*:\d+:\d+|Unexpected error|UnhandledPromise|node:internal/.test(line))
}
