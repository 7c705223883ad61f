import { ConfigError } from '../../errors.js'
import { parseUrl } from './failure.js'

export type ProxyKind = 'http' | 'https' | 'socks4' | 'socks4a' | 'socks5' | 'socks5h'

/** A proxy server. The credentials are never part of a message. */
export interface Proxy {
  readonly kind: ProxyKind
  /** an IPv6 address stands without brackets */
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
}

const SCHEMES: ReadonlyMap<string, { readonly kind: ProxyKind; readonly port: number }> = new Map([
  ['http:', { kind: 'http', port: 80 }],
  ['https:', { kind: 'https', port: 443 }],
  ['socks4:', { kind: 'socks4', port: 1080 }],
  ['socks4a:', { kind: 'socks4a', port: 1080 }],
  ['socks5:', { kind: 'socks5', port: 1080 }],
  ['socks5h:', { kind: 'socks5h', port: 1080 }],
  ['socks:', { kind: 'socks5', port: 1080 }],
])

/** Userinfo may hold a lone `%`: then it is taken as it stands. */
function decodeUserinfo(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @throws ConfigError, which does not show the text: it may hold a password */
export function parseProxy(text: string): Proxy {
  const url = parseUrl(text)
  const scheme = url === undefined ? undefined : SCHEMES.get(url.protocol)
  if (url === undefined || scheme === undefined || url.hostname === '') {
    const schemes = [...SCHEMES.keys()].map((name) => `${name}//`).join(', ')
    throw new ConfigError(`proxy must be a URL with a host and one of the schemes ${schemes}`)
  }
  return {
    kind: scheme.kind,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? scheme.port : Number(url.port),
    username: decodeUserinfo(url.username),
    password: decodeUserinfo(url.password),
  }
}

/** `host:port` as HTTP and messages write it. */
export function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The value of Authorization or Proxy-Authorization (RFC 7617); undefined without credentials. */
export function basicAuth(username: string, password: string): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Credentials in a URL as the header that carries them. */
export function urlAuth(url: URL): string | undefined {
  return basicAuth(decodeUserinfo(url.username), decodeUserinfo(url.password))
}
