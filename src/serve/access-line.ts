import type { IncomingMessage, ServerResponse } from 'node:http'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** A request in the combined log format of Apache and nginx, which log analysers read. */
export function accessLine(request: IncomingMessage, response: ServerResponse, time: Date): string {
  const { method, url, httpVersion, headers, socket } = request
  const bytes = method === 'HEAD' ? '-' : String(response.getHeader('content-length') ?? '-')
  return (
    `${socket.remoteAddress ?? '-'} - - [${clfTime(time)}] "${quoted(`${method} ${url} HTTP/${httpVersion}`)}" ` +
    `${response.statusCode} ${bytes} "${quoted(headers.referer)}" "${quoted(headers['user-agent'])}"`
  )
}

/** `25/Nov/2026:17:00:00 +0000` */
function clfTime(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().split(/[T.]/)
  const [year, month, day] = date.split('-')
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`
}

/** As Apache does it: what would end the quotes or the line is escaped. */
function quoted(text = '-'): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
