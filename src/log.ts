import { pino } from 'pino'

/** Where every room reports to. One line a call; pino and the formats are behind createLog. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export type LogFormat = 'text' | 'json'

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly format: LogFormat
}

const LEVEL_NAMES = new Map([[20, 'DEBUG'], [30, 'INFO'], [40, 'WARNING'], [50, 'ERROR']])

/** The program's log, on stderr: 8.0's line format (time, level, message) or one JSON object a line. */
export function createLog(options: LogOptions): Log {
  const stderr = pino.destination({ dest: 2, sync: true })
  // A reader that went away must not end the run.
  stderr.on('error', () => undefined)
  const stream = options.format === 'json' ? stderr : { write: (line: string) => void stderr.write(textLine(line)) }
  const logger = pino({ level: options.level, base: null }, stream)
  const escaped = (message: string): string => message.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, visible)
  return {
    debug: (message) => logger.debug(escaped(message)),
    info: (message) => logger.info(escaped(message)),
    warn: (message) => logger.warn(escaped(message)),
    error: (message) => logger.error(escaped(message)),
  }
}

/** Control characters that upstream could use to forge lines or steer a terminal. */
function visible(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function textLine(line: string): string {
  const { time, level, msg } = JSON.parse(line) as { time: number; level: number; msg: string }
  return `${pythonTime(new Date(time))} ${LEVEL_NAMES.get(level) ?? String(level)}: ${msg}\n`
}

/** As Python's %(asctime)s: local time, with a comma before the milliseconds. */
function pythonTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`
}
