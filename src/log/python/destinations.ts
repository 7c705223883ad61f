import { resolve } from 'node:path'
import type { pino } from 'pino'
import type { LogConfig, LogHandler } from './config.js'
import type { LogTarget } from './handlers.js'
import { errorText } from '../../errors.js'
import { openLogFile } from './file.js'
import { formatRecord } from './format-line.js'
import { rotateBySize } from './rotate-size.js'
import { rotateByTime } from './rotate-time.js'
import { PINO_OFFSET, recordStream } from '../record-stream.js'
import { openSyslog } from './syslog.js'
import type { DestinationOptions, LineSink } from './types.js'

export interface Destinations {
  readonly entries: pino.StreamEntry<number>[]
  /** the file wants nothing to be written */
  readonly silent: boolean
  close(): Promise<void>
}

/** Opens what the handlers of a Python logging file write to. One that cannot be opened is warned of and left out. */
export function openDestinations(config: LogConfig, options: DestinationOptions): Destinations {
  const sinks = new Map<LogHandler, LineSink>()
  for (const handler of new Set(config.handlers)) {
    try {
      sinks.set(handler, openSink(handler.target, options))
    } catch (error) {
      options.warn(`The log handler ${JSON.stringify(handler.name)} is left out: ${errorText(error)}`)
    }
  }
  const lowest = config.level ?? options.level
  const entries = config.handlers.flatMap((handler) => {
    const sink = sinks.get(handler)
    if (sink === undefined) return []
    const stream = recordStream((record) => sink.write(formatRecord(record, handler.format, options), record))
    return { level: Math.max(lowest, handler.level) + PINO_OFFSET, stream }
  })
  return {
    entries,
    silent: config.handlers.length === 0 && config.warnings.length === 0,
    close: async () => {
      for (const sink of sinks.values()) await sink.close()
    },
  }
}

function openSink(target: LogTarget, options: DestinationOptions): LineSink {
  const { screen, stdout, cwd, now } = options
  const close = (): void => undefined
  switch (target.kind) {
    case 'null':
      return { write: () => undefined, close }
    case 'stream':
      if (target.stream === 'stderr') return { write: (line) => screen.write(`${line}\n`), close }
      return { write: (line) => screen.aside(() => stdout.write(`${line}\n`)), close }
    case 'syslog':
      return openSyslog(target, options)
    case 'file':
      return openLogFile({ ...target, path: resolve(cwd, target.path) })
    case 'rotating':
      return rotateBySize({ ...target, path: resolve(cwd, target.path) })
    case 'timed':
      return rotateByTime({ ...target, path: resolve(cwd, target.path) }, now)
  }
}
