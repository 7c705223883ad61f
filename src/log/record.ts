/** One line of the log before it is formatted. */
export interface LogRecord {
  /** milliseconds since the epoch */
  readonly time: number
  /** Python's number: 10 DEBUG, 20 INFO, 30 WARNING, 40 ERROR */
  readonly level: number
  /** without control characters */
  readonly message: string
}

const LEVEL_NAMES = new Map([
  [10, 'DEBUG'],
  [20, 'INFO'],
  [30, 'WARNING'],
  [40, 'ERROR'],
  [50, 'CRITICAL'],
])

export function levelName(level: number): string {
  return LEVEL_NAMES.get(level) ?? `Level ${level}`
}
