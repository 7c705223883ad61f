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
