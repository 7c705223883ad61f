import { createLogOn } from './create.js'
import type { RunLog } from './create.js'
import { createDescriptorWriter } from './descriptor.js'
import { createScreen } from './screen.js'
import type { Screen } from './screen.js'

import type { LogFormat, LogLevel } from './types.js'

export type { RunLog } from './create.js'

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
