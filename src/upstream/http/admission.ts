import pLimit from 'p-limit'
import type { LimitFunction } from 'p-limit'
import { UpstreamError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import type { OutgoingRequest } from './agent.js'
import type { TokenBucket } from './bandwidth.js'
import type { ConcurrencyController, RequestOutcome } from './concurrency.js'
import type { Refusal } from '../types.js'
import { exchange } from './exchange.js'
import type { AnswerHead, Deadline, OnAnswer, Transport } from './exchange.js'
import { Retryable, shownUrl } from './failure.js'
import type { Pauses } from './pauses.js'

/** Hosts whose numbers of requests under way are kept; an index can name any number of hosts. */
const MOST_HOSTS = 256

export interface AdmissionOptions {
  readonly transport: Transport
  readonly pauses: Pauses
  readonly bandwidth: TokenBucket
  /** for each host */
  readonly newController: () => ConcurrencyController
  /** milliseconds for one request with everything it takes */
  readonly globalTimeout: number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  /** throws when nothing must be sent any more */
  readonly check: () => void
  readonly onRefusal: (refusal: Refusal) => void
  readonly log: Log
}

/** Sends requests when their hosts may be asked: not too many at a time, and not while a host asked for a pause. */
export interface Admission {
  send(request: OutgoingRequest, onAnswer: OnAnswer, deadline: Deadline): Promise<AnswerHead>
  /** slows down to a host that refused requests of another client */
  heed(refusal: Refusal): void
  /** changes the highest number of requests under way, to each host */
  setMost(most: number): void
}

interface Host {
  readonly gate: LimitFunction
  readonly controller: ConcurrencyController
}

/** @param status of the answer, if one began */
function outcomeOf(status: number | undefined, slowsDown: boolean, error: unknown): RequestOutcome {
  if (slowsDown) return 'slow-down'
  const failed = error instanceof Retryable && (error.error.kind === 'connect' || error.error.kind === 'timeout')
  return failed || status === 503 ? 'overloaded' : 'answered'
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { transport, pauses, bandwidth, signal, log } = options
  const hosts = new Map<string, Host>()
  const hostOf = (url: URL): Host => {
    const known = hosts.get(url.origin)
    if (known !== undefined) return known
    for (const [other, { gate }] of hosts) {
      if (hosts.size >= MOST_HOSTS && gate.activeCount + gate.pendingCount === 0) hosts.delete(other)
    }
    const controller = options.newController()
    const host = { controller, gate: pLimit(controller.limit) }
    hosts.set(url.origin, host)
    return host
  }

  const adjust = ({ gate, controller }: Host): void => {
    if (gate.concurrency !== controller.limit) gate.concurrency = controller.limit
  }

  async function sendNow(
    host: Host,
    request: OutgoingRequest,
    { onAnswer, deadline }: { readonly onAnswer: OnAnswer; readonly deadline: number },
  ): Promise<AnswerHead> {
    const { controller } = host
    const startedAt = transport.now()
    let latency: number | undefined
    let status: number | undefined
    let slowsDown = false
    let failure: unknown
    controller.started()
    try {
      return await exchange(transport, request, {
        deadline,
        onAnswer: (head) => {
          latency = transport.now() - startedAt
          status = head.status
          slowsDown = pauses.note({ url: head.url, status, headers: head.headers, sentAt: startedAt })
          return onAnswer(head)
        },
        onBytes: (bytes) => {
          const now = transport.now()
          controller.received(bytes, now)
          return bandwidth.take(bytes, now)
        },
      })
    } catch (error) {
      failure = error
      throw error
    } finally {
      const before = controller.limit
      const outcome = outcomeOf(status, slowsDown, failure)
      controller.ended({ startedAt, latency, outcome }, transport.now())
      adjust(host)
      if (controller.limit < before) slowedDown(request.url, outcome)
    }
  }

  function slowedDown(url: URL, outcome: RequestOutcome): void {
    if (outcome === 'answered') return
    options.onRefusal({ origin: url.origin, pauseMs: pauses.before(url) })
  }

  /** @throws UpstreamError where the pause is longer than the request's time */
  async function waitForPause(url: URL, deadline: Deadline): Promise<void> {
    const ms = pauses.before(url)
    if (ms === 0) return
    const seconds = (ms / 1000).toFixed(1)
    if (deadline.at !== undefined && transport.now() + ms >= deadline.at) {
      const message = `${shownUrl(url)}: the server asks to wait ${seconds} s, longer than the global timeout allows`
      throw new UpstreamError('timeout', message)
    }
    log.debug(`${shownUrl(url)}: the server asks for fewer requests; waiting ${seconds} s`)
    try {
      await options.sleep(ms, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }

  return {
    async send(request, onAnswer, deadline) {
      const host = hostOf(request.url)
      for (;;) {
        await waitForPause(request.url, deadline)
        const head = await host.gate(async () => {
          signal.throwIfAborted()
          options.check()
          // A pause that began while this request waited for its turn: others may have it.
          if (pauses.before(request.url) > 0) return undefined
          deadline.at ??= transport.now() + options.globalTimeout
          return sendNow(host, request, { onAnswer, deadline: deadline.at })
        })
        if (head !== undefined) return head
      }
    },
    heed({ origin, pauseMs }) {
      if (pauseMs > 0) pauses.impose(origin, pauseMs)
      const host = hosts.get(origin)
      if (host === undefined) return
      host.controller.heed(transport.now())
      adjust(host)
    },
    setMost(most) {
      for (const host of hosts.values()) {
        host.controller.setMost(most)
        adjust(host)
      }
    },
  }
}
