import { describe, expect, it } from 'vitest'
import { UpstreamError, errorText } from '../../src/errors.js'
import type { UpstreamErrorKind } from '../../src/errors.js'
import { Retryable, networkFailure, parseUrl, shownUrl } from '../../src/upstream/http/failure.js'

const URL_ = new URL('https://user:secret@pypi.org/a?token=secret')
const coded = (code: string, message = 'some text'): Error => Object.assign(new Error(message), { code })

describe('networkFailure', () => {
  it.each<[string, UpstreamErrorKind, string]>([
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'no connection in time'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', 'no answer in time'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', 'the answer stopped coming'],
    ['ETIMEDOUT', 'timeout', 'no connection in time'],
    ['ECONNREFUSED', 'connect', 'connection refused'],
    ['ECONNRESET', 'connect', 'connection reset'],
    ['EPIPE', 'connect', 'connection reset'],
    ['UND_ERR_SOCKET', 'connect', 'connection closed early'],
    ['ENOTFOUND', 'connect', 'host name not found'],
    ['EAI_AGAIN', 'connect', 'host name lookup failed'],
    ['EHOSTUNREACH', 'connect', 'host unreachable'],
    ['ENETUNREACH', 'connect', 'network unreachable'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'content', 'the answer was cut off'],
    ['HPE_INVALID_CONSTANT', 'content', 'not a valid HTTP answer (some text)'],
    ['UND_ERR_HEADERS_OVERFLOW', 'content', 'not a valid HTTP answer (some text)'],
    ['EOTHER', 'connect', 'some text'],
  ])('of %s is %s: %s', (code, kind, text) => {
    const cause = coded(code)
    const failure = networkFailure(cause, URL_)
    expect(failure).toBeInstanceOf(Retryable)
    expect((failure as Retryable).error).toMatchObject({ kind, message: `https://pypi.org/a: ${text}`, cause })
  })

  it.each([
    ['CERT_HAS_EXPIRED', /: its certificate has expired$/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not signed by an authority .* SSL_CERT_FILE or NODE_EXTRA_CA_CERTS/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /: its certificate is for another host name$/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not signed by an authority/],
  ])('of %s is final', (code, message) => {
    expect(networkFailure(coded(code), URL_)).toMatchObject({ kind: 'connect' })
    expect((networkFailure(coded(code), URL_) as Error).message).toMatch(message)
    expect(networkFailure(coded(code), URL_)).toBeInstanceOf(UpstreamError)
  })

  it.each([
    [
      '80C2F7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl/record/rec_layer_s3.c:1605:\n',
      'there is no https on this port; if the server speaks http only, the URL begins with http://',
    ],
    [
      '40C7:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1605:SSL alert number 70\n',
      'no common version of TLS: the server or a proxy on the way is too old',
    ],
    [
      '40C7:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../ssl/record/rec_layer_s3.c:1605:SSL alert number 40\n',
      'the TLS connection failed (sslv3 alert handshake failure)',
    ],
    ['', 'the TLS connection failed (EPROTO)'],
  ])('of OpenSSL says %j in words, without its source code', (text, words) => {
    const failure = networkFailure(coded('EPROTO', text), URL_)
    expect(errorText((failure as Retryable).error)).toBe(`https://pypi.org/a: ${words}`)
  })

  it('has a text, whatever the error has', () => {
    const text = (error: Error): string => String((networkFailure(error, URL_) as Error).message)
    expect(text(coded('EODD', ''))).toBe('https://pypi.org/a: EODD')
    expect(text(coded('HPE_ODD', ''))).toBe('https://pypi.org/a: not a valid HTTP answer (HPE_ODD)')
    expect(text(new TypeError(''))).toBe('https://pypi.org/a: TypeError')
    expect(text(Object.assign(new Error('x'), { code: 7 }))).toBe('https://pypi.org/a: x')
  })

  it('leaves alone what is an UpstreamError or no error', () => {
    const own = new UpstreamError('refused', 'x')
    expect(networkFailure(own, URL_)).toBe(own)
    expect(networkFailure('text', URL_)).toBe('text')
  })
})

describe('shownUrl', () => {
  it.each([
    ['https://pypi.org/simple/', 'https://pypi.org/simple/'],
    ['https://user:secret@pypi.org/a', 'https://pypi.org/a'],
    ['https://user:secret@pypi.org:8443/a?b=secret#secret', 'https://pypi.org:8443/a'],
    ['HTTPS://PyPI.org/%41', 'https://pypi.org/%41'],
    ['/simple/', '(not a URL)'],
    ['http://us er:secret@[x/', '(not a URL)'],
  ])('of %s is %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown)
  })
})

describe('parseUrl', () => {
  it('resolves against a base', () => {
    expect(parseUrl('../b', new URL('https://pypi.org/a/c'))?.href).toBe('https://pypi.org/b')
    expect(parseUrl('../b')).toBeUndefined()
  })
})
