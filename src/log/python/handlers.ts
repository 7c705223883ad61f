import type { ConfigError } from '../../errors.js'
import type { PythonValue } from '../../python/literal.js'

/** Where a handler of a Python logging file writes to, as plain data. Paths are as in the file. */
export type LogTarget =
  | { readonly kind: 'stream'; readonly stream: 'stdout' | 'stderr' }
  | LogFileTarget
  | { readonly kind: 'syslog'; readonly address: SyslogAddress; readonly facility: number }
  | { readonly kind: 'null' }

export type LogFileTarget =
  /** `watched`: opened anew when another program moved it away */
  | ({ readonly kind: 'file'; readonly watched: boolean } & LogFile)
  /** `maxBytes` 0: never begun anew */
  | ({ readonly kind: 'rotating'; readonly maxBytes: number; readonly backupCount: number } & LogFile)
  | ({ readonly kind: 'timed'; readonly backupCount: number } & RotationTime & LogFile)

export interface LogFile {
  readonly path: string
  /** false: what is in it is lost */
  readonly append: boolean
  /** opened with the first line */
  readonly delay: boolean
}

/** When a file is begun anew. Weekly ones on `weekday`, 0 for Monday. */
export interface RotationTime {
  readonly unit: 'S' | 'M' | 'H' | 'D' | 'MIDNIGHT' | 'W'
  readonly weekday: number
  /** how many units */
  readonly interval: number
  readonly utc: boolean
}

export type SyslogAddress =
  { readonly path: string } | { readonly host: string; readonly port: number; readonly stream: boolean }

/** The parameters of Python's handlers, in their order. */
const PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['StreamHandler', ['stream']],
  ['NullHandler', ['level']],
  ['FileHandler', ['filename', 'mode', 'encoding', 'delay', 'errors']],
  ['WatchedFileHandler', ['filename', 'mode', 'encoding', 'delay', 'errors']],
  ['RotatingFileHandler', ['filename', 'mode', 'maxBytes', 'backupCount', 'encoding', 'delay', 'errors']],
  [
    'TimedRotatingFileHandler',
    ['filename', 'when', 'interval', 'backupCount', 'encoding', 'delay', 'utc', 'atTime', 'errors'],
  ],
  ['SysLogHandler', ['address', 'facility', 'socktype']],
])

export type Arguments = ReadonlyMap<string, PythonValue>

/** The name of a class of the logging package without the package; undefined for a class that is not supported. */
export function handlerClass(name: string): string | undefined {
  const short = name.replace(/^(?:logging\.)?(?:handlers\.)?/, '')
  return PARAMETERS.has(short) ? short : undefined
}

/** What each parameter of a handler's class is given. @throws ConfigError made by `fail` */
export function bindArguments(
  name: string,
  args: readonly PythonValue[],
  kwargs: ReadonlyMap<string, PythonValue>,
  fail: (problem: string) => ConfigError,
): Arguments {
  const parameters = PARAMETERS.get(name) ?? []
  if (args.length > parameters.length)
    throw fail(`gives ${args.length} arguments to ${name}, which takes ${parameters.length}`)
  const bound = new Map<string, PythonValue>()
  args.forEach((value, index) => bound.set(parameters[index] ?? '', value))
  for (const [parameter, value] of kwargs) {
    if (!parameters.includes(parameter)) throw fail(`${name} has no parameter ${JSON.stringify(parameter)}`)
    if (bound.has(parameter)) throw fail(`gives ${parameter} twice`)
    bound.set(parameter, value)
  }
  return bound
}
