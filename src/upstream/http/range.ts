import { UpstreamError } from '../../errors.js'
import type { FileRange, RangeAnswer } from '../types.js'
import { discard } from './body.js'
import type { BodyConsumer } from './body.js'
import { answerError } from './document.js'
import type { Attempt } from './document.js'
import { header } from './exchange.js'
import type { AnswerHead } from './exchange.js'
import { shownUrl } from './failure.js'

/** The Range header that asks for it. RFC 9110, 14.1.2 */
export function rangeHeader(range: FileRange): string {
  return 'last' in range ? `bytes=-${range.last}` : `bytes=${range.first}-${range.first + range.length - 1}`
}

/**
 * One attempt at a part of a file. 'whole': the server does not give parts, and answers with the file as a whole, of which
 * nothing is read.
 * @throws UpstreamError, Retryable
 */
export async function fetchPart(attempt: Attempt, range: FileRange): Promise<RangeAnswer | 'whole'> {
  const chunks: Buffer[] = []
  let part: { readonly first: number; readonly last: number; readonly size: number } | undefined
  let whole = false
  const onAnswer = (head: AnswerHead): BodyConsumer => {
    if (head.status !== 200 && head.status !== 206) return discard(answerError(head))
    whole = head.status === 200
    // A short body keeps the connection; a long one is broken off.
    if (whole) return discard()
    part = contentRange(head, range)
    const length = part.last - part.first + 1
    let bytes = 0
    const wrong = (): UpstreamError =>
      new UpstreamError('content', `${shownUrl(head.url)}: not the part that was asked for`)
    return {
      write(chunk) {
        bytes += chunk.length
        if (bytes > length) throw wrong()
        chunks.push(chunk)
      },
      end() {
        if (bytes !== length) throw wrong()
      },
    }
  }
  try {
    await attempt(onAnswer)
  } catch (error) {
    if (whole && error instanceof UpstreamError && error.kind === 'too-large') return 'whole'
    throw error
  }
  if (whole || part === undefined) return 'whole'
  return { bytes: Buffer.concat(chunks), first: part.first, size: part.size }
}

/** What the answer says that it is a part of. @throws UpstreamError where it is not what was asked for */
function contentRange(head: AnswerHead, range: FileRange): { first: number; last: number; size: number } {
  const value = header(head, 'content-range') ?? ''
  const [, a = '', b = '', c = ''] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(value) ?? []
  const [first, last, size] = [Number(a), Number(b), Number(c)]
  const start = 'last' in range ? Math.max(0, size - range.last) : range.first
  const end = 'last' in range ? size - 1 : Math.min(size, range.first + range.length) - 1
  if (a !== '' && first === start && last === end && last >= first) return { first, last, size }
  throw new UpstreamError('content', `${shownUrl(head.url)}: Content-Range "${value.slice(0, 60)}" was not asked for`)
}
