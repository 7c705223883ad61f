import { collector, discard, documentConsumer } from './body.js'
import { header } from './exchange.js'
import type { AnswerHead, OnAnswer } from './exchange.js'
import { shownUrl } from './failure.js'
import { statusFailure } from './retry.js'
import type { GetOptions, HttpAnswer } from '../types.js'

const NO_BODY = Buffer.alloc(0)

/** Runs one attempt: follows redirects and hands the answer's body to what `onAnswer` gives. */
export type Attempt = (onAnswer: OnAnswer) => Promise<AnswerHead>

export function answerError(head: AnswerHead): Error {
  return statusFailure(head.status, shownUrl(head.url), header(head, 'retry-after'))
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function firstValues(headers: AnswerHead['headers']): HttpAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  )
}

/** One attempt at a document: unpacked, bounded, checked. @throws UpstreamError, Retryable */
export async function fetchDocument(attempt: Attempt, options: GetOptions): Promise<HttpAnswer> {
  const kept = collector()
  const head = await attempt((answer) => {
    if (!isSuccess(answer.status)) {
      return discard(options.allow?.includes(answer.status) === true ? undefined : answerError(answer))
    }
    const encoding = header(answer, 'content-encoding') ?? ''
    return documentConsumer(options.reader?.() ?? kept, encoding, options.maxBytes, shownUrl(answer.url))
  })
  const body = isSuccess(head.status) && options.reader === undefined ? kept.body() : NO_BODY
  const answer = { status: head.status, headers: firstValues(head.headers), body, url: head.url.href }
  options.check?.(answer)
  return answer
}
