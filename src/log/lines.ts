import { levelName } from './record.js'
import type { LogRecord } from './record.js'
import { strftime } from '../python/strftime.js'

// ECMA-48 SGR
const DIM = 2
const RED = 31
const YELLOW = 33

/** Local time as Python's `%(asctime)s` has it: with a comma before the milliseconds. */
export function pythonTime(time: number): string {
  const milliseconds = String(new Date(time).getMilliseconds()).padStart(3, '0')
  return `${strftime('%Y-%m-%d %H:%M:%S', new Date(time))},${milliseconds}`
}

/** bandersnatch 8.0's line, but for the position in its source at the end. */
export function pipeLine(record: LogRecord): string {
  return `${pythonTime(record.time)} ${levelName(record.level)}: ${record.message}`
}

/** The short form for people: the time of day, and the level only where it matters. */
export function terminalLine(record: LogRecord, coloured: boolean): string {
  const style = (code: number, text: string): string => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)
  const clock = style(DIM, strftime('%H:%M:%S', new Date(record.time)))
  if (record.level >= 40) return `${clock} ${style(RED, `error: ${record.message}`)}`
  if (record.level >= 30) return `${clock} ${style(YELLOW, `warning: ${record.message}`)}`
  return `${clock} ${record.level >= 20 ? record.message : style(DIM, record.message)}`
}
