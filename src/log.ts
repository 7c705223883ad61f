import { createLogOn } from './log/create.js'
import type { RunLog } from './log/create.js'
import { createDescriptorWriter } from './log/descriptor.js'
import { createScreen } from './log/screen.js'
import type { Screen } from './log/screen.js'

export type { RunLog } from './log/create.js'
export type { Screen } from './log/screen.js'

/** Where every room reports to. One line a call; pino and the formats are behind createLog. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export type LogFormat = 'text' | 'json'

/** `quiet`: warnings and errors only. `verbose` and `debug` show every file; `debug` also where an error comes from. */
export type LogLevel = 'quiet' | 'info' | 'verbose' | 'debug'

export interface LogOptions {
  readonly level: LogLevel
  readonly format: LogFormat
}

const STDOUT = 1
const STDERR = 2

/**
 * The program's log, on stderr: 8.0's line format (time, level, message) in pipes, a short one on a terminal, or one
 * JSON object a line. Writes are synchronous; a reader that is slow or gone does not end the run.
 */
export function createLog(options: LogOptions): RunLog {
  const { env } = process
  const coloured = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  return createLogOn({
    ...options,
    screen: stderrScreen(options.format),
    stdout: createDescriptorWriter(STDOUT),
    coloured,
    pid: process.pid,
    cwd: process.cwd(),
    startedAt: performance.timeOrigin,
    now: Date.now,
  })
}

function stderrScreen(format: LogFormat): Screen {
  const { stderr } = process
  const lost = (count: number): string => {
    const text = `${count} lines of the log are missing here: nobody took them`
    return format === 'json' ? `${JSON.stringify({ level: 'warn', msg: text })}\n` : `${text}\n`
  }
  return createScreen({
    writer: createDescriptorWriter(STDERR, { lost }),
    terminal: stderr.isTTY === true && process.env['TERM'] !== 'dumb',
    columns: () => stderr.columns,
  })
}
