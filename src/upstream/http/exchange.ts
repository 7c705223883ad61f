import type { Dispatcher } from 'undici'
import { UpstreamError } from '../../errors.js'
import type { HttpAgent, OutgoingRequest } from './agent.js'
import type { BodyConsumer } from './body.js'
import type { ClockWatch } from './clock.js'
import { networkFailure, shownUrl } from './failure.js'
import type { HttpCounts } from '../types.js'

/** Status line and headers of an answer. */
export interface AnswerHead {
  readonly status: number
  /** names in lower case */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** what was asked for */
  readonly url: URL
}

/** A header's value; the first one where it came several times. */
export function header(head: AnswerHead, name: string): string | undefined {
  const value = head.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Decides about an answer by its head: gives what takes the body, or throws. */
export type OnAnswer = (head: AnswerHead) => BodyConsumer

/** What all requests of one client share. */
export interface Transport {
  readonly agent: HttpAgent
  readonly counts: HttpCounts
  /** ends the requests under way */
  readonly active: Set<(reason: Error) => void>
  /** milliseconds of a clock that never goes back */
  readonly now: () => number
  readonly clock: ClockWatch
}

/** When a call must have ended. The time runs from the first moment at which its host may be asked. */
export interface Deadline {
  at: number | undefined
}

export interface ExchangeOptions {
  readonly onAnswer: OnAnswer
  /** Takes note of bytes that came. @returns milliseconds for which no more must be read */
  readonly onBytes: (bytes: number) => number
  /** when it must have ended, as the transport tells time */
  readonly deadline: number
}

// setTimeout takes no more; longer ones would fire at once.
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * One request and its answer, body and all. Nothing is repeated or followed here.
 * @throws UpstreamError, Retryable, or what the consumer throws
 */
export function exchange(
  transport: Transport,
  request: OutgoingRequest,
  { onAnswer, onBytes, deadline }: ExchangeOptions,
): Promise<AnswerHead> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let head: AnswerHead | undefined
    let consumer: BodyConsumer | undefined
    let settled = false
    /** what must happen before more is read */
    let holds = 0
    let pauseTimer: NodeJS.Timeout | undefined

    const settle = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(timer)
      clearTimeout(pauseTimer)
      transport.active.delete(fail)
      return true
    }
    const fail = (error: unknown): void => {
      if (!settle()) return
      consumer?.drop?.()
      const reason = error instanceof Error ? error : new Error(String(error))
      controller?.abort(reason)
      reject(reason)
    }
    const done = (): void => {
      if (settle() && head !== undefined) resolve(head)
    }
    const timer = setTimeout(
      () => fail(new UpstreamError('timeout', `${shownUrl(request.url)}: not finished within the global timeout`)),
      Math.min(Math.max(deadline - transport.now(), 0), LONGEST_TIMER),
    )
    const release = (): void => {
      holds -= 1
      if (holds === 0 && !settled) controller?.resume()
    }
    transport.active.add(fail)
    transport.counts.requests += 1
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started
        // Ended while it waited for its connection.
        if (settled) started.abort(new Error('ended before it was sent'))
      },
      onResponseStart(_, status, headers) {
        if (settled || status < 200) return
        head = { status, headers, url: request.url }
        transport.clock.saw(headers)
        try {
          consumer = onAnswer(head)
        } catch (error) {
          fail(error)
        }
      },
      onResponseData(started, chunk) {
        // An empty chunk comes when undici resumes at the end of its buffer: holding back then would go on forever.
        if (settled || consumer === undefined || chunk.length === 0) return
        transport.counts.bytes += chunk.length
        try {
          const pauseMs = onBytes(chunk.length)
          const pending = consumer.write(chunk)
          if (!(pending instanceof Promise) && pauseMs === 0) return
          started.pause()
          if (pauseMs > 0) {
            holds += 1
            pauseTimer = setTimeout(release, pauseMs)
          }
          if (pending instanceof Promise) {
            holds += 1
            pending.then(release, fail)
          }
        } catch (error) {
          fail(error)
        }
      },
      onResponseEnd() {
        if (settled || consumer === undefined) return
        try {
          const pending = consumer.end()
          if (pending instanceof Promise) pending.then(done, fail)
          else done()
        } catch (error) {
          fail(error)
        }
      },
      onResponseError(_, error) {
        fail(networkFailure(error, request.url))
      },
    }
    try {
      transport.agent.dispatch(request, handler)
    } catch (error) {
      fail(networkFailure(error, request.url))
    }
  })
}
