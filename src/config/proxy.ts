import { withoutUserinfo } from './redact.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** In 8.0's order. */
const KINDS = ['socks5', 'socks4', 'socks', 'https', 'http', 'all'] as const

const PROXY_URL = /^(?:https?|socks(?:4a?|5h?)?):\/\/[^/]/i

/**
 * `*_proxy` variables by what stands before `_proxy`, as urllib.request.getproxies_environment reads them:
 * lower case wins, and when empty takes its upper-case twin away; HTTP_PROXY does not count in a CGI script,
 * where a request header sets it (CVE-2016-1000110).
 */
function proxiesIn(env: Environment): Map<string, string> {
  const proxies = new Map<string, string>()
  const suffix = '_proxy'
  for (const [name, value] of Object.entries(env)) {
    const lower = name.toLowerCase()
    if (value && lower.endsWith(suffix)) proxies.set(lower.slice(0, -suffix.length), value)
  }
  if (env['REQUEST_METHOD'] !== undefined) proxies.delete('http')
  for (const [name, value] of Object.entries(env)) {
    if (!name.endsWith(suffix)) continue
    const kind = name.slice(0, -suffix.length).toLowerCase()
    if (value) proxies.set(kind, value)
    else proxies.delete(kind)
  }
  return proxies
}

/**
 * The proxy that the environment asks for. The variable's name says which one is taken, the URL in it what
 * kind of proxy it is.
 * @param warn called when the URL cannot be used; then, as in 8.0, no proxy is used
 */
export function proxyFromEnvironment(env: Environment, warn: (message: string) => void): string | undefined {
  const proxies = proxiesIn(env)
  const kind = KINDS.find((name) => proxies.has(name))
  const address = kind === undefined ? undefined : proxies.get(kind)
  if (kind === undefined || address === undefined) return undefined
  if (PROXY_URL.test(address) && URL.canParse(address)) return address.replace(/\/+$/, '')
  warn(`no proxy is used: ${kind.toUpperCase()}_PROXY is "${withoutUserinfo(address)}", which is not a proxy URL`)
  return undefined
}
