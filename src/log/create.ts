import { multistream, pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from './python/config.js'
import type { Log, LogFormat, LogLevel, LogLine } from './types.js'
import type { LineWriter } from './descriptor.js'
import { openDestinations } from './python/destinations.js'
import { visible, visibleJson } from './escape.js'
import { pipeLine, terminalLine } from './lines.js'
import { PINO_OFFSET, recordStream } from './record-stream.js'
import type { Screen } from './screen.js'

/** The log of a run: what cli.ts and the summary need beyond what every room reports to. */
export interface RunLog extends Log {
  readonly screen: Screen
  /** the first warnings so far, each text once */
  warnings(): readonly string[]
  /** of all warnings, repeated ones too */
  warningCount(): number
  /** From now on warnings and errors are kept back, and `tell` decides what is written of them. */
  withhold(): void
  /** What was kept back so far: the first thousand lines. Empty where nothing is kept back. */
  withheld(): readonly LogLine[]
  /**
   * Writes these lines to stderr whatever the level, instead of what was kept back; without lines, everything that was
   * kept back. Nothing is kept back any more. A log that `log-config` opened has everything already.
   */
  tell(lines?: readonly LogLine[]): void
  /** From now on the lines go where a `log-config` file says. Files that cannot be opened are warned of. */
  configure(config: LogConfig): void
  /** Lets go of files; resolves when what went to a syslog server is out. */
  close(): Promise<void>
}

export interface LogWorld {
  readonly level: LogLevel
  readonly format: LogFormat
  readonly screen: Screen
  readonly stdout: LineWriter
  readonly coloured: boolean
  readonly pid: number
  /** where relative paths of log files start */
  readonly cwd: string
  /** milliseconds since the epoch */
  readonly startedAt: number
  readonly now: () => number
}

/** How many warnings the summary repeats. */
const KEPT_WARNINGS = 100

/** How many lines are kept back. */
const MOST_WITHHELD = 1000

const PINO_LEVELS = { quiet: 40, info: 30, verbose: 20, debug: 20 } as const

export function createLogOn(world: LogWorld): RunLog {
  const { screen } = world
  const warned = new Set<string>()
  let warningCount = 0
  let destinations: ReturnType<typeof openDestinations> | undefined
  let kept: LogLine[] | undefined
  const plain = plainLogger(world)
  let logger = plain
  const write = (way: pino.Logger, line: LogLine): void => {
    if (kept !== undefined && line.level !== 'info') {
      if (kept.length < MOST_WITHHELD) kept.push(line)
      if (way === plain) return
    }
    way[line.level](line.text)
  }
  const warnBy = (way: pino.Logger, text: string): void => {
    warningCount += 1
    if (warned.size < KEPT_WARNINGS) warned.add(visible(text))
    write(way, { level: 'warn', text })
  }
  // A destination that fails cannot tell of it itself.
  const warnPlainly = (message: string): void => warnBy(plain, message)

  return {
    debug: (message) => logger.debug(message),
    info: (text) => write(logger, { level: 'info', text }),
    warn: (message) => warnBy(logger, message),
    error: (text) => write(logger, { level: 'error', text }),
    withhold: () => void (kept ??= []),
    withheld: () => kept ?? [],
    tell(lines) {
      const before = kept ?? []
      kept = undefined
      if (lines === undefined && logger !== plain) return
      const everything = plainLogger({ ...world, level: 'info' })
      for (const { level, text } of lines ?? before) everything[level](text)
    },
    screen,
    warnings: () => [...warned],
    warningCount: () => warningCount,
    configure(config) {
      config.warnings.forEach(warnPlainly)
      const opened = openDestinations(config, {
        ...world,
        level: PINO_LEVELS[world.level] - PINO_OFFSET,
        warn: warnPlainly,
      })
      destinations = opened
      if (opened.entries.length > 0) logger = lineLogger(world, opened.entries)
      // As Python's handler of last resort.
      else if (opened.silent) logger = lineLogger(world, [{ ...plainEntry(world), level: PINO_LEVELS.quiet }])
      else warnPlainly('No handler of the log-config file can be used: the log stays on stderr')
    },
    close: async () => destinations?.close(),
  }
}

/** The log on stderr where no `log-config` says otherwise. */
function plainEntry({ screen, coloured, level }: LogWorld): pino.StreamEntry<number> {
  const line = recordStream((record) => {
    screen.write(`${screen.terminal ? terminalLine(record, coloured) : pipeLine(record)}\n`)
  })
  return { level: PINO_LEVELS[level], stream: line }
}

function plainLogger(world: LogWorld): pino.Logger {
  return world.format === 'json' ? jsonLogger(world) : lineLogger(world, [plainEntry(world)])
}

/** pino chooses the streams by their levels. */
function lineLogger({ now }: LogWorld, entries: pino.StreamEntry<number>[]): pino.Logger {
  const timestamp = (): string => `,"time":${now()}`
  return pino({ level: 'trace', base: null, timestamp }, multistream(entries))
}

/** One object a line: level, time (ISO 8601) and msg. */
function jsonLogger({ screen, level }: LogWorld): pino.Logger {
  const stream = { write: (line: string) => screen.write(visibleJson(line)) }
  const formatters = { level: (label: string) => ({ level: label }) }
  const name = level === 'quiet' ? 'warn' : level === 'info' ? 'info' : 'debug'
  return pino({ level: name, base: null, timestamp: stdTimeFunctions.isoTime, formatters }, stream)
}
