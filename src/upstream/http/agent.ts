import { setMaxListeners } from 'node:events'
import { createRequire } from 'node:module'
import { TLSSocket } from 'node:tls'
import type * as Undici from 'undici'
import type { Dispatcher, buildConnector as BuildConnector } from 'undici'
import { UpstreamError, errorText, systemCode } from '../../errors.js'
import { evictOldest } from './bounded-map.js'
import { createDial } from './dial.js'
import { authority, basicAuth, parseProxy } from './proxy.js'
import type { Proxy } from './proxy.js'

// Its index loads fetch, WebSocket, cookies and more: 50 ms and 10 MB of every run that asks whether anything changed.
const require = createRequire(import.meta.url)
const Agent = require('undici/lib/dispatcher/agent.js') as typeof Undici.Agent
const buildConnector = require('undici/lib/core/connect.js') as typeof Undici.buildConnector

/** As many as undici knows of. */
const MOST_SESSIONS = 100

export interface AgentOptions {
  /** the most connections to one origin; they are opened as they are needed */
  readonly connections: number
  /** milliseconds for connecting, for the first byte of an answer and between two pieces of it */
  readonly timeout: number
  /** certificates (PEM) trusted instead of Node's own */
  readonly ca: string | undefined
  /** URL with userinfo */
  readonly proxy: string | undefined
  /** a connection was opened */
  readonly onConnect: () => void
}

/** What goes out in one request, whatever the way it takes. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  /** http or https */
  readonly url: URL
  readonly headers: Record<string, string>
  readonly body?: string
}

/** The connections: kept alive, by proxy or straight. */
export interface HttpAgent {
  dispatch(request: OutgoingRequest, handler: Dispatcher.DispatchHandler): void
  /** From now on there are at most so many connections to one origin. Those that are open end with their requests. */
  resize(connections: number): void
  /** Closes every socket now, also those that are still connecting. */
  destroy(reason: Error): Promise<void>
  /** Ends idle connections once requests under way are done. */
  close(): Promise<void>
}

function tlsOptions(options: AgentOptions, signal: AbortSignal): BuildConnector.BuildOptions {
  return { timeout: options.timeout, signal, ...(options.ca === undefined ? {} : { ca: options.ca }) }
}

/**
 * The connector, which keeps the latest TLS session of each host alive. undici holds them by weak references only, so
 * a connection that is opened later, after a pause or for more requests at a time, would pay for a whole handshake.
 */
function keepingSessions(connect: BuildConnector.connector, onConnect: () => void): BuildConnector.connector {
  const sessions = new Map<string, Buffer>()
  return (target, callback) =>
    connect(target, (...result) => {
      const [, socket] = result
      if (socket !== null) onConnect()
      if (socket instanceof TLSSocket) {
        socket.on('session', (session: Buffer) => {
          sessions.set(target.hostname, session)
          evictOldest(sessions, MOST_SESSIONS)
        })
      }
      callback(...result)
    })
}

/** undici's connector with a proxy's connection below the TLS. */
function proxyConnector(proxy: Proxy, options: AgentOptions, signal: AbortSignal): BuildConnector.connector {
  const dial = createDial(proxy, { timeout: options.timeout, ca: options.ca, signal })
  const secure = keepingSessions(buildConnector(tlsOptions(options, signal)), options.onConnect)
  const shown = authority(proxy.host, proxy.port)
  return (target, callback) => {
    const port = target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : Number(target.port)
    dial(target.hostname, port).then(
      (socket) => {
        // The TLS layer hears of the end by 'close'; an 'error' nobody listens to would end the process.
        socket.on('error', () => undefined)
        if (target.protocol === 'https:') secure({ ...target, httpSocket: socket }, callback)
        else {
          options.onConnect()
          callback(null, socket)
        }
      },
      (error: unknown) => {
        if (error instanceof UpstreamError) return callback(error, null)
        // Other codes would say of the proxy what is then read as said of the upstream.
        const late = systemCode(error) === 'ETIMEDOUT'
        const failure = new Error(`proxy ${shown}: ${errorText(error)}`)
        return callback(late ? Object.assign(failure, { code: 'ETIMEDOUT' }) : failure, null)
      },
    )
  }
}

/** @throws ConfigError for a proxy URL that cannot be used */
export function createAgent(options: AgentOptions): HttpAgent {
  const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy)
  const stop = new AbortController()
  // Every open socket listens to it.
  setMaxListeners(0, stop.signal)
  const timeouts = { headersTimeout: options.timeout, bodyTimeout: options.timeout }
  const direct = keepingSessions(buildConnector(tlsOptions(options, stop.signal)), options.onConnect)
  const connect = proxy === undefined ? direct : proxyConnector(proxy, options, stop.signal)
  let { connections } = options
  const pools = (how: BuildConnector.connector): InstanceType<typeof Agent> =>
    new Agent({ connections, pipelining: 1, ...timeouts, connect: how })
  let agent = pools(connect)

  // An http:// URL goes to an HTTP proxy as it is, without a tunnel (RFC 9112, 3.2.2).
  const forwards = proxy?.kind === 'http' || proxy?.kind === 'https'
  let forwarder = forwards ? pools(direct) : undefined
  const forwardOrigin = forwards ? `${proxy.kind}://${authority(proxy.host, proxy.port)}` : ''
  const forwardAuth = forwards ? basicAuth(proxy.username, proxy.password) : undefined

  return {
    dispatch({ method, url, headers, body }, handler) {
      if (forwarder !== undefined && url.protocol === 'http:') {
        const path = `${url.origin}${url.pathname}${url.search}`
        const proxied = { ...headers, host: url.host, ...(forwardAuth && { 'proxy-authorization': forwardAuth }) }
        forwarder.dispatch({ origin: forwardOrigin, path, method, headers: proxied, body: body ?? null }, handler)
      } else {
        agent.dispatch(
          { origin: url.origin, path: url.pathname + url.search, method, headers, body: body ?? null },
          handler,
        )
      }
    },
    resize(next) {
      if (next === connections) return
      connections = next
      for (const old of [agent, forwarder]) void old?.close()
      agent = pools(connect)
      if (forwarder !== undefined) forwarder = pools(direct)
    },
    async destroy(reason) {
      stop.abort(reason)
      await Promise.all([agent.destroy(reason), forwarder?.destroy(reason)])
    },
    async close() {
      await Promise.all([agent.close(), forwarder?.close()])
    },
  }
}
