import { readFileSync } from 'node:fs'
import { ConfigError, errorText } from '../../errors.js'
import { parseConfig } from '../../config/config-file.js'
import { PYTHON_DIALECT } from '../../python/configparser/lines.js'
import { readFormat } from './format.js'
import type { LogLineFormat } from './format.js'
import { bindArguments, handlerClass } from './handlers.js'
import type { LogTarget } from './handlers.js'
import { readTarget } from './targets.js'
import { readPython } from '../../python/literal.js'
import type { PythonValue } from '../../python/literal.js'
import { strip } from '../../python/text.js'
import { oneLine } from '../../one-line.js'
import type { ConfigFile } from '../../config/types.js'

export interface LogHandler {
  /** in the file */
  readonly name: string
  /** Python's number of the lowest level it writes */
  readonly level: number
  readonly format: LogLineFormat
  readonly target: LogTarget
}

/** What a Python logging file (`log-config`) says about this program's log. */
export interface LogConfig {
  /** of the logger; undefined where the file leaves it to the command line */
  readonly level: number | undefined
  /** the handlers of the logger `bandersnatch` and, unless it keeps to itself, of `root`: one may be there twice */
  readonly handlers: readonly LogHandler[]
  /** what cannot be honoured, one line each */
  readonly warnings: readonly string[]
}

const LEVELS: ReadonlyMap<string, number> = new Map([
  ['NOTSET', 0],
  ['DEBUG', 10],
  ['INFO', 20],
  ['WARN', 30],
  ['WARNING', 30],
  ['ERROR', 40],
  ['CRITICAL', 50],
  ['FATAL', 50],
])
/** The level of Python's root logger before anybody sets one. */
const ROOT_LEVEL = 30
const LOGGER = 'bandersnatch'
const PLAIN_FORMAT = '%(message)s'

/**
 * Reads a file for Python's `logging.config.fileConfig`.
 * https://docs.python.org/3/library/logging.config.html#logging-config-fileformat
 * @throws ConfigError of one line, for what Python would not read either
 */
export function readLogConfig(path: string): LogConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`${oneLine(path)}: the log-config file cannot be read: ${errorText(error)}`, { cause: error })
  }
  return parseLogConfig(text, path)
}

/** Like readLogConfig. `path`: for error messages only. */
export function parseLogConfig(text: string, path: string): LogConfig {
  const file = parseConfig(text, path, new Map(), PYTHON_DIALECT)
  const warnings = new Set<string>()
  const reader: Reader = {
    file,
    warn: (section, message) => warnings.add(`${oneLine(path)}: [${oneLine(section)}] ${oneLine(message)}`),
  }
  const formats = new Map(keys(file, 'formatters').map((name) => [name, readFormatter(reader, name)]))
  // Python makes every handler, even one that no logger has.
  const handlers = new Map(keys(file, 'handlers').map((name) => [name, readHandler(reader, name, formats)]))
  return { ...readLoggers(reader, handlers), warnings: [...warnings] }
}

interface Reader {
  readonly file: ConfigFile
  readonly warn: (section: string, message: string) => void
}

/** The names in `keys` of a section. */
function keys(file: ConfigFile, section: string): string[] {
  if (!file.has(section, 'keys'))
    throw new ConfigError(`${oneLine(file.path)}: [${section}] keys must be set: this is a logging file of Python's`)
  return names(file.get(section, 'keys'))
}

function names(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',').map(strip)
}

function needed(file: ConfigFile, section: string, option: string): string {
  const value = file.get(section, option)
  if (value === undefined) throw new ConfigError(`${oneLine(file.path)}: [${oneLine(section)}] ${option} must be set`)
  return value
}

function readFormatter({ file, warn }: Reader, name: string): LogLineFormat {
  const section = `formatter_${name}`
  if (!file.sections().includes(section))
    throw file.invalid('formatters', 'keys', `there is no section [${oneLine(section)}]`)
  const style = file.raw(section, 'style') ?? '%'
  if (style !== '%' && style !== '{' && style !== '$') throw file.invalid(section, 'style', 'must be one of %, {, $')
  const { pieces, problem, beyond } = readFormat(file.raw(section, 'format') ?? PLAIN_FORMAT, style)
  if (problem !== undefined) throw file.invalid(section, 'format', problem)
  for (const what of beyond) warn(section, `format: ${what} is a part of Python that this program has nothing for`)
  const formatter = file.get(section, 'class') ?? ''
  if (!['', 'logging.Formatter'].includes(formatter))
    warn(section, `class ${formatter} is not available: its format is used without it`)
  return { pieces, datefmt: file.raw(section, 'datefmt') }
}

/** undefined for a handler that cannot be had, after a warning. */
function readHandler(
  reader: Reader,
  name: string,
  formats: ReadonlyMap<string, LogLineFormat>,
): LogHandler | undefined {
  const { file, warn } = reader
  const section = `handler_${name}`
  if (!file.sections().includes(section))
    throw file.invalid('handlers', 'keys', `there is no section [${oneLine(section)}]`)
  const given = needed(file, section, 'class')
  const className = handlerClass(given)
  const formatter = file.get(section, 'formatter') ?? ''
  const format =
    formatter === '' ? { pieces: readFormat(PLAIN_FORMAT, '%').pieces, datefmt: undefined } : formats.get(formatter)
  if (format === undefined) throw file.invalid(section, 'formatter', 'there is no such formatter')
  const level = readLevel(file, section) ?? 0
  const skip = (why: string): undefined => {
    warn(section, `this handler is left out: ${why}`)
    return undefined
  }
  if (className === undefined) return skip(`class ${given} is not available`)
  const args = readValue(reader, section, 'args', '()')
  const kwargs = readValue(reader, section, 'kwargs', '{}')
  if (typeof args === 'string') return skip(args)
  if (typeof kwargs === 'string') return skip(kwargs)
  if (!Array.isArray(args.value)) throw file.invalid(section, 'args', 'must be a tuple')
  if (!(kwargs.value instanceof Map)) throw file.invalid(section, 'kwargs', 'must be a dictionary')
  const fail = (problem: string): ConfigError => file.invalid(section, 'args', problem)
  const bound = bindArguments(className, args.value, kwargs.value, fail)
  const target = readTarget(className, bound, { fail, beyond: (what) => warn(section, what) })
  return typeof target === 'string' ? skip(target) : { name, level, format, target }
}

/** A Python value in an option; a text that says why it cannot be had. */
function readValue(
  { file }: Reader,
  section: string,
  option: string,
  otherwise: string,
): { readonly value: PythonValue } | string {
  const reading = readPython(file.get(section, option) ?? otherwise)
  if (reading.kind === 'value') return { value: reading.value }
  if (reading.kind === 'broken') throw file.invalid(section, option, `is not Python: ${reading.problem}`)
  return `${option} holds ${reading.problem}`
}

function readLevel(file: ConfigFile, section: string): number | undefined {
  const name = file.get(section, 'level')
  if (name === undefined) return undefined
  const level = LEVELS.get(name)
  if (level === undefined) throw file.invalid(section, 'level', `must be one of ${[...LEVELS.keys()].join(', ')}`)
  return level
}

type Handlers = ReadonlyMap<string, LogHandler | undefined>

/**
 * This program has the one logger `bandersnatch`. Where the file does not name it, root decides: Python would switch the
 * logger off, which nobody can have wanted.
 */
function readLoggers(reader: Reader, handlers: Handlers): Pick<LogConfig, 'level' | 'handlers'> {
  const { file, warn } = reader
  const loggers = keys(file, 'loggers')
  if (!loggers.includes('root')) throw file.invalid('loggers', 'keys', 'root must be among them')
  const rootLevel = readLevel(file, 'logger_root')
  const rootHandlers = handlersOf(file, 'logger_root', handlers)
  let own: { readonly level: number | undefined; readonly handlers: LogHandler[] } | undefined
  for (const name of loggers.filter((logger) => logger !== 'root')) {
    const section = `logger_${name}`
    const qualname = needed(file, section, 'qualname')
    const level = readLevel(file, section)
    const propagate = (file.getInt(section, 'propagate') ?? 1) !== 0
    const listed = handlersOf(file, section, handlers)
    if (qualname === LOGGER) {
      own = {
        level: level === 0 ? (rootLevel ?? ROOT_LEVEL) : level,
        handlers: propagate ? [...listed, ...rootHandlers] : listed,
      }
    } else if (qualname.startsWith(`${LOGGER}.`))
      warn(section, `the logger ${qualname} is left out: there is only ${LOGGER}`)
  }
  return own ?? { level: rootLevel, handlers: rootHandlers }
}

function handlersOf(file: ConfigFile, section: string, handlers: Handlers): LogHandler[] {
  needed(file, section, 'handlers')
  return names(file.get(section, 'handlers')).flatMap((name) => {
    if (!handlers.has(name))
      throw file.invalid(section, 'handlers', `there is no handler ${JSON.stringify(name)} among [handlers] keys`)
    return handlers.get(name) ?? []
  })
}
