/** Where every room reports to. One line a call; pino and the formats are behind createLog. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
