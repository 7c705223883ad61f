import { pino } from 'pino'
import { visible } from './escape.js'
import type { LogRecord } from './record.js'

/** pino's numbers are Python's and ten more. */
export const PINO_OFFSET = 10

/** A destination that takes records as they are and not pino's lines of JSON. https://getpino.io/#/docs/api?id=metadata */
export function recordStream(take: (record: LogRecord) => void): pino.DestinationStream {
  const stream = {
    [pino.symbols.needsMetadataGsym]: true,
    // What pino sets before each write.
    lastLevel: 0,
    lastMsg: '',
    lastTime: '',
    write() {
      take({ time: Number(stream.lastTime), level: stream.lastLevel - PINO_OFFSET, message: visible(stream.lastMsg) })
    },
  }
  return stream
}
