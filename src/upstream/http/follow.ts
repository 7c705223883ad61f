import { UpstreamError } from '../../errors.js'
import type { OutgoingRequest } from './agent.js'
import { discard } from './body.js'
import { header } from './exchange.js'
import type { AnswerHead, OnAnswer } from './exchange.js'
import { parseUrl, shownUrl } from './failure.js'
import { urlAuth } from './proxy.js'

const MOST_REDIRECTS = 5

/** A request as the client's callers make it: the URL may hold userinfo. */
export interface ClientRequest extends OutgoingRequest {
  /** http:// is an answer to nothing here: neither asked for nor redirected to */
  readonly httpsOnly: boolean
}

function refused(url: URL, why: string): UpstreamError {
  return new UpstreamError('refused', `${shownUrl(url)}: ${why}`)
}

function checkScheme(url: URL, httpsOnly: boolean): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && !httpsOnly)) return
  throw refused(
    url,
    url.protocol === 'http:' ? 'is not https, and allow-non-https is not set' : 'is neither http nor https',
  )
}

// After 301, 302 and 303 a POST becomes a GET, which is no XML-RPC call any more: those stay errors.
function isRedirect(method: string, status: number): boolean {
  if (status === 307 || status === 308) return true
  return method === 'GET' && (status === 301 || status === 302 || status === 303)
}

function redirectTarget(head: AnswerHead): URL {
  const location = header(head, 'location')
  const target = location === undefined ? undefined : parseUrl(location, head.url)
  if (target === undefined) throw refused(head.url, `redirect (${head.status}) to nowhere`)
  if (head.url.protocol === 'https:' && target.protocol === 'http:') {
    throw refused(head.url, `redirect from https to ${shownUrl(target)}`)
  }
  target.username = ''
  target.password = ''
  target.hash = ''
  return target
}

/** Sends one request, without following anything. */
export type Send = (request: OutgoingRequest, onAnswer: OnAnswer) => Promise<AnswerHead>

/**
 * Sends a request and those that it is redirected to: five at most, never from https to http, never in a circle.
 * Credentials go only to the origin they were given for.
 * @returns the head of the last answer
 */
export async function followRedirects(send: Send, request: ClientRequest, onAnswer: OnAnswer): Promise<AnswerHead> {
  const authorization = urlAuth(request.url)
  const origin = request.url.origin
  let url = request.url
  let seen: Set<string> | undefined
  for (;;) {
    checkScheme(url, request.httpsOnly)
    const authorized = authorization !== undefined && url.origin === origin
    const head = await send(
      { ...request, url, headers: authorized ? { ...request.headers, authorization } : request.headers },
      (answer) => (isRedirect(request.method, answer.status) ? discard() : onAnswer(answer)),
    )
    if (!isRedirect(request.method, head.status)) return head
    url = redirectTarget(head)
    seen ??= new Set()
    if (seen.has(url.href)) throw refused(request.url, 'redirects in a circle')
    if (seen.size === MOST_REDIRECTS) throw refused(request.url, `more than ${MOST_REDIRECTS} redirects`)
    seen.add(url.href)
  }
}
