import type { LogField, LogLineFormat } from './format.js'
import { pythonTime } from '../lines.js'
import { levelName } from '../record.js'
import type { LogRecord } from '../record.js'
import { strftime } from '../../python/strftime.js'

/** What a line may say of the program beside the record. */
export interface Program {
  readonly pid: number
  /** milliseconds since the epoch */
  readonly startedAt: number
}

const NAME = 'bandersnatch'

/** A record as a formatter of a Python logging file writes it. */
export function formatRecord(record: LogRecord, format: LogLineFormat, program: Program): string {
  return format.pieces
    .map((piece) =>
      typeof piece === 'string' ? piece : formatField(valueOf(piece.field, record, { format, program }), piece),
    )
    .join('')
}

/** A float of Python's, which shows that it is none of its integers. */
interface Float {
  readonly float: number
}

function valueOf(
  field: string,
  record: LogRecord,
  { format, program }: { format: LogLineFormat; program: Program },
): string | number | Float {
  const { datefmt } = format
  switch (field) {
    case 'asctime':
      return datefmt === undefined ? pythonTime(record.time) : strftime(datefmt, new Date(record.time))
    case 'message':
      return record.message
    case 'levelname':
      return levelName(record.level)
    case 'levelno':
      return record.level
    case 'created':
      return { float: record.time / 1000 }
    case 'msecs':
      return { float: Math.floor(record.time % 1000) }
    case 'relativeCreated':
      return { float: record.time - program.startedAt }
    case 'process':
    case 'thread':
      return program.pid
    case 'processName':
      return 'MainProcess'
    case 'threadName':
      return 'MainThread'
    case 'lineno':
      return 0
    case 'taskName':
      return 'None'
    default:
      return NAME
  }
}

function formatField(value: string | number | Float, spec: LogField): string {
  const text = fieldText(value, spec)
  const missing = spec.width - [...text].length
  if (missing <= 0) return text
  const fill = spec.fill.repeat(missing)
  if (spec.align === 'left') return text + fill
  if (spec.align === 'center') return spec.fill.repeat(missing >> 1) + text + spec.fill.repeat(missing - (missing >> 1))
  // Zeros stand between the sign and the digits.
  return spec.fill === '0' && /^[-+ ]/.test(text) ? text.charAt(0) + fill + text.slice(1) : fill + text
}

function fieldText(value: string | number | Float, { conversion, precision, sign }: LogField): string {
  const number = typeof value === 'object' ? value.float : value
  if (typeof number === 'number' && (conversion === 'd' || conversion === 'f')) {
    const digits = conversion === 'd' ? String(Math.trunc(number)) : number.toFixed(precision ?? 6)
    return number < 0 ? digits : sign + digits
  }
  const plain = typeof value === 'object' && Number.isInteger(value.float) ? `${value.float}.0` : String(number)
  const text = conversion === 'r' && typeof value === 'string' ? pythonRepr(plain) : plain
  return precision === undefined ? text : [...text].slice(0, precision).join('')
}

/** Python's repr() of a text that has no control characters but the tab. */
function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replaceAll(quote, `\\${quote}`)
  return quote + escaped + quote
}
