import type { LineWriter } from '../descriptor.js'
import type { LogRecord } from '../record.js'
import type { Screen } from '../screen.js'

/** Takes formatted lines, without their line ends. */
export interface LineSink {
  write(line: string, record: LogRecord): void
  close(): Promise<void> | void
}

export interface DestinationOptions {
  readonly screen: Screen
  readonly stdout: LineWriter
  readonly pid: number
  readonly startedAt: number
  readonly cwd: string
  readonly now: () => number
  /** Python's number, for where the file does not say */
  readonly level: number
  readonly warn: (message: string) => void
}
