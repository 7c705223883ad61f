import type { ConfigError } from '../../errors.js'
import type { Arguments, LogFile, LogFileTarget, LogTarget, RotationTime, SyslogAddress } from './handlers.js'
import type { PythonName, PythonValue } from '../../python/literal.js'

/** What the reader of one handler is told. */
export interface Findings {
  /** Python would refuse this as well. */
  readonly fail: (problem: string) => ConfigError
  /** The handler is used, but not in this. */
  readonly beyond: (what: string) => void
}

/** In the order of their numbers. https://docs.python.org/3/library/logging.handlers.html#sysloghandler */
const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'security',
  'console',
  'solaris-cron',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
]
const LOG_USER = 1
const SYSLOG_PORT = 514

/** Where a handler of the class given writes to; a text that says why not where it cannot be had. */
export function readTarget(name: string, args: Arguments, findings: Findings): LogTarget | string {
  switch (name) {
    case 'StreamHandler':
      return streamTarget(args.get('stream'))
    case 'SysLogHandler':
      return syslogTarget(args, findings)
    case 'NullHandler':
      return { kind: 'null' }
    default:
      return fileTarget(name, args, findings)
  }
}

function streamTarget(stream: PythonValue): LogTarget | string {
  const name = stream === undefined ? 'sys.stderr' : nameOf(stream)
  const known = /^sys\.(?:__)?(stdout|stderr)(?:__)?$/.exec(name ?? '')?.[1]
  if (known === 'stdout' || known === 'stderr') return { kind: 'stream', stream: known }
  return 'its stream is neither sys.stdout nor sys.stderr'
}

function fileTarget(name: string, args: Arguments, findings: Findings): LogFileTarget | string {
  const path = args.get('filename')
  if (path === undefined || path === '') throw findings.fail('must give a file name')
  if (typeof path !== 'string') return 'its file name is not a plain text'
  const mode = text(args, 'mode', 'a', findings)
  if (!/^[awx][bt]?\+?$/.test(mode))
    throw findings.fail(`has the file mode ${JSON.stringify(mode)}, which is none to write with`)
  noteEncoding(args, findings)
  const file: LogFile = { path, append: mode.startsWith('a'), delay: flag(args, 'delay') }
  if (name === 'RotatingFileHandler') {
    const maxBytes = integer(args, 'maxBytes', 0, findings)
    const backupCount = integer(args, 'backupCount', 0, findings)
    return { kind: 'rotating', ...file, append: file.append || maxBytes > 0, maxBytes, backupCount }
  }
  if (name !== 'TimedRotatingFileHandler') return { kind: 'file', ...file, watched: name === 'WatchedFileHandler' }
  if (args.get('atTime') !== undefined) findings.beyond('atTime: the file is begun anew at midnight')
  return {
    kind: 'timed',
    ...file,
    append: true,
    backupCount: integer(args, 'backupCount', 0, findings),
    ...rotationTime(args, findings),
  }
}

function noteEncoding(args: Arguments, { beyond }: Findings): void {
  const encoding = args.get('encoding')
  if (encoding !== undefined && !(typeof encoding === 'string' && /^utf[-_]?8$/i.test(encoding))) {
    beyond(`encoding ${JSON.stringify(encoding)}: the file is written in UTF-8`)
  }
}

function rotationTime(args: Arguments, findings: Findings): RotationTime {
  const when = text(args, 'when', 'h', findings).toUpperCase()
  const [, plain, weekday] = /^(?:(S|M|H|D|MIDNIGHT)|W([0-6]))$/.exec(when) ?? []
  const interval = integer(args, 'interval', 1, findings)
  if (interval < 1) throw findings.fail(`has the interval ${interval}`)
  const rest = { interval, utc: flag(args, 'utc') }
  if (weekday !== undefined) return { unit: 'W', weekday: Number(weekday), ...rest }
  if (plain === 'S' || plain === 'M' || plain === 'H' || plain === 'D' || plain === 'MIDNIGHT') {
    return { unit: plain, weekday: 0, ...rest }
  }
  throw findings.fail(
    `begins the file anew at ${JSON.stringify(when)}, which is none of S, M, H, D, midnight and W0 to W6`,
  )
}

function syslogTarget(args: Arguments, findings: Findings): LogTarget | string {
  const given = args.has('address') ? args.get('address') : ['localhost', SYSLOG_PORT]
  const socktype = args.get('socktype')
  const address = syslogAddress(given, nameOf(socktype)?.endsWith('SOCK_STREAM') === true)
  if (address === undefined) return 'its address is neither a path nor a host and a port'
  const facility = facilityNumber(args.get('facility'))
  if (facility === undefined) throw findings.fail('has a facility that there is not')
  return { kind: 'syslog', address, facility }
}

function syslogAddress(value: PythonValue, stream: boolean): SyslogAddress | undefined {
  if (typeof value === 'string' && value !== '') return { path: value }
  if (!isList(value)) return undefined
  const [host, portValue] = value
  const port = nameOf(portValue)?.endsWith('SYSLOG_UDP_PORT') === true ? SYSLOG_PORT : portValue
  if (typeof host !== 'string' || typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    return undefined
  return { host: host === '' ? 'localhost' : host, port, stream }
}

function facilityNumber(value: PythonValue): number | undefined {
  if (value === undefined) return LOG_USER
  if (typeof value === 'number') return value >= 0 && value < FACILITIES.length ? value : undefined
  const name =
    typeof value === 'string'
      ? value
      : /LOG_(\w+)$/
          .exec(nameOf(value) ?? '')?.[1]
          ?.toLowerCase()
          .replace('solcron', 'solaris-cron')
  const at = FACILITIES.indexOf(name ?? '')
  return at < 0 ? undefined : at
}

function text(args: Arguments, name: string, otherwise: string, { fail }: Findings): string {
  const value = args.get(name) ?? otherwise
  if (typeof value === 'string') return value
  throw fail(`gives ${name} something else than a text`)
}

function integer(args: Arguments, name: string, otherwise: number, { fail }: Findings): number {
  const value = args.get(name) ?? otherwise
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw fail(`gives ${name} something else than a whole number`)
}

function flag(args: Arguments, name: string): boolean {
  const value = args.get(name)
  return value !== undefined && value !== false && value !== 0 && value !== ''
}

function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value)
}

function nameOf(value: PythonValue): string | undefined {
  return isName(value) ? value.name : undefined
}

function isName(value: PythonValue): value is PythonName {
  return typeof value === 'object' && 'name' in value
}
