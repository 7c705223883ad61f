/** Where every room reports to. One line a call; pino and the formats are behind createLog. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** A line for the log that is not written yet. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}

export type LogFormat = 'text' | 'json'

/**
 * `quiet`: warnings and errors only. `info`: at most one line for each project. `verbose` and `debug` show every request
 * and file; `debug` also where an error comes from.
 */
export type LogLevel = 'quiet' | 'info' | 'verbose' | 'debug'
