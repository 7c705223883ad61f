import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { LogTarget } from './handlers.js'
import { errorText } from '../../errors.js'
import type { LineSink } from './types.js'
import type { LogRecord } from '../record.js'

export interface SyslogOptions {
  readonly pid: number
  readonly warn: (message: string) => void
}

/** Sends what is ready to go; `close` resolves when it is out. */
interface Carrier {
  send(priority: string, line: string): void
  close(): Promise<void>
}

/** How long the end of the program waits for lines that are on their way. */
const LAST_MS = 2_000

/**
 * Python's SysLogHandler. Lines go out as the program runs on: what cannot be reached is warned of once and then left
 * alone.
 */
export function openSyslog(target: Extract<LogTarget, { kind: 'syslog' }>, { pid, warn }: SyslogOptions): LineSink {
  const { address, facility } = target
  const place = 'path' in address ? address.path : `${address.host}:${address.port}`
  let failed = false
  const fail = (error: unknown): void => {
    if (failed) return
    failed = true
    warn(`syslog at ${place} cannot be reached, the log goes on without it: ${errorText(error)}`)
  }
  const carrier =
    'path' in address ? socketFile(address.path, pid, fail) : address.stream ? tcp(address, fail) : udp(address, fail)
  return {
    write(line, record) {
      if (!failed) carrier.send(`<${facility * 8 + severity(record)}>`, line)
    },
    close: () => carrier.close(),
  }
}

function severity({ level }: LogRecord): number {
  if (level >= 50) return 2
  if (level >= 40) return 3
  if (level >= 30) return 4
  return level >= 20 ? 6 : 7
}

interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** As Python sends it: priority, line and a NUL. */
function udp({ host, port }: HostAndPort, fail: (error: unknown) => void): Carrier {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', fail)
  socket.unref()
  let sending = Promise.resolve()
  return {
    send(priority, line) {
      const sent = new Promise<void>((resolve) => {
        socket.send(Buffer.from(`${priority}${line}\0`), port, host, (error) => {
          if (error !== null) fail(error)
          resolve()
        })
      })
      sending = sending.then(() => sent)
    },
    async close() {
      await within(sending)
      socket.close()
    },
  }
}

function tcp({ host, port }: HostAndPort, fail: (error: unknown) => void): Carrier {
  const socket = connect({ host, port })
  socket.on('error', fail)
  socket.unref()
  return {
    send: (priority, line) => void socket.write(`${priority}${line}\0`),
    close: () => within(new Promise((resolve) => socket.once('close', () => resolve()).end())),
  }
}

/**
 * A socket file such as /dev/log takes datagrams, which Node cannot send there: the system's own `logger` does
 * (util-linux: https://man7.org/linux/man-pages/man1/logger.1.html).
 */
function socketFile(path: string, pid: number, fail: (error: unknown) => void): Carrier {
  const place = path === '/dev/log' ? [] : ['--socket', path]
  const child = spawn(
    'logger',
    [...place, '--socket-errors=on', '--prio-prefix', '--tag', 'bandersnatch', `--id=${pid}`],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A Ctrl-C is for the program, whose last lines are still to come.
      detached: true,
    },
  )
  child.on('error', fail)
  child.on('exit', (code) => {
    if (code !== 0 && code !== null) fail(new Error(`the program logger ended with ${code}`))
  })
  child.stdin.on('error', fail)
  child.unref()
  return {
    send: (priority, line) => void child.stdin.write(`${priority}${line}\n`),
    close: () => within(new Promise((resolve) => child.once('close', () => resolve()).stdin.end())),
  }
}

async function within(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_MS)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
