import { UpstreamError, systemCode } from '../../errors.js'
import type { UpstreamErrorKind } from '../../errors.js'

/**
 * An attempt that failed and may be made again. It never leaves this room: the retry loop unwraps it.
 * (UpstreamErrors about content and stale serials are tried again without it.)
 */
export class Retryable extends Error {
  override readonly name = 'Retryable'
  constructor(
    readonly error: UpstreamError,
    /** milliseconds that upstream asked to wait */
    readonly wait?: number,
  ) {
    super(error.message)
  }
}

/** Nothing in it that a message must not have: most URLs of files. */
const PLAIN_URL = /^https?:\/\/[a-z0-9.:-]+\/[A-Za-z0-9_.+!/-]*$/

/** A URL for messages: without userinfo, query (signed links carry tokens there) and fragment. */
export function shownUrl(url: string | URL): string {
  if (typeof url === 'string' && PLAIN_URL.test(url)) return url
  const parsed = typeof url === 'string' ? parseUrl(url) : url
  return parsed === undefined ? '(not a URL)' : `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}

/** undefined instead of an error for what is no absolute URL. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

const TIMEOUTS: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no answer in time'],
  ['UND_ERR_BODY_TIMEOUT', 'the answer stopped coming'],
  ['ETIMEDOUT', 'no connection in time'],
])

const CONNECTION: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['UND_ERR_SOCKET', 'connection closed early'],
  ['ENOTFOUND', 'host name not found'],
  ['EAI_AGAIN', 'host name lookup failed'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
])

// What the parser says of bytes that are not the HTTP answer they claim to be.
const CONTENT = /^(HPE_.*|UND_ERR_HEADERS_OVERFLOW)$/
// OpenSSL's verification results and Node's own name check: the same certificate comes the next time too.
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/

/** OpenSSL's and Node's codes of certificates that are not accepted, in words. */
const CERTIFICATES: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet: is the clock of this machine right?'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host name'],
])
const UNKNOWN_AUTHORITY =
  'its certificate is not signed by an authority that this machine trusts; if it is your own authority, or that of a proxy ' +
  "on the way, set SSL_CERT_FILE or NODE_EXTRA_CA_CERTS to the authority's certificate"
const NO_TLS = /wrong version number|packet length too long|http request|unknown protocol|record layer failure/i
const OLD_TLS = /unsupported protocol|protocol version|no protocols available|inappropriate fallback/i
const TLS = /^(?:EPROTO|ERR_SSL_.*|ERR_TLS_.*)$/

/** What went wrong below HTTPS. OpenSSL's own text has addresses of its source code; it stays in the cause. */
function describeTls(error: Error, code: string): string {
  const certificate = CERTIFICATES.get(code)
  if (certificate !== undefined) return certificate
  if (CERTIFICATE.test(code)) return UNKNOWN_AUTHORITY
  if (NO_TLS.test(error.message))
    return 'there is no https on this port; if the server speaks http only, the URL begins with http://'
  if (OLD_TLS.test(error.message)) return 'no common version of TLS: the server or a proxy on the way is too old'
  const reason = /SSL routines:[^:]*:([^:\n]+)/.exec(error.message)?.[1]
  return `the TLS connection failed (${reason ?? code})`
}

function kindOf(code: string): UpstreamErrorKind {
  if (TIMEOUTS.has(code)) return 'timeout'
  return code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || CONTENT.test(code) ? 'content' : 'connect'
}

function describe(error: Error, code: string): string {
  const known = TIMEOUTS.get(code) ?? CONNECTION.get(code)
  if (known !== undefined) return known
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'the answer was cut off'
  if (TLS.test(code) || CERTIFICATE.test(code)) return describeTls(error, code)
  if (CONTENT.test(code)) return `not a valid HTTP answer (${error.message || code})`
  return error.message || code || error.name
}

/**
 * What the client library's error means for a request of `url`.
 * @returns what to throw: Retryable where another attempt can help
 */
export function networkFailure(error: unknown, url: URL): unknown {
  if (error instanceof UpstreamError || !(error instanceof Error)) return error
  const code = systemCode(error)
  // The causes of an error are part of its text.
  const cause = TLS.test(code) && !CERTIFICATE.test(code) ? {} : { cause: error }
  const failure = new UpstreamError(kindOf(code), `${shownUrl(url)}: ${describe(error, code)}`, undefined, cause)
  return CERTIFICATE.test(code) ? failure : new Retryable(failure)
}
