import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp, isIPv4 } from 'node:net'
import type { Socket } from 'node:net'
import { UpstreamError } from '../../errors.js'
import { authority, basicAuth } from './proxy.js'
import type { Proxy } from './proxy.js'
import { statusText } from './retry.js'

export interface DialOptions {
  /** milliseconds */
  readonly timeout: number
  /** closes the socket, connecting or connected */
  readonly signal: AbortSignal
  /** certificates (PEM) that replace Node's own, for a proxy spoken to over TLS */
  readonly ca: string | undefined
}

/** Makes a connection to host and port by way of a proxy. */
export type Dial = (host: string, port: number) => Promise<Socket>

function timedOut(): Error {
  return Object.assign(new Error('the proxy did not answer in time'), { code: 'ETIMEDOUT' })
}

function refusal(proxy: Proxy, target: string, status: number | undefined): Error {
  const message = `proxy ${authority(proxy.host, proxy.port)} answered CONNECT ${target} with ${statusText(status ?? 0)}`
  // 407 and the like come again the next time; 502 and the like may pass.
  const final = status !== undefined && status >= 400 && status < 500
  return final ? new UpstreamError('connect', message, status) : new Error(message)
}

/**
 * CONNECT (RFC 9110, 9.3.6). undici's ProxyAgent is not used for it: when the proxy hangs up during
 * CONNECT it dials again and again without end, as the error looks to it like one of an idle connection.
 */
function dialHttp(proxy: Proxy, options: DialOptions): Dial {
  const authorization = basicAuth(proxy.username, proxy.password)
  const request = proxy.kind === 'https' ? httpsRequest : httpRequest
  return (host, port) =>
    new Promise((resolve, reject) => {
      const target = authority(host, port)
      const asked = request({
        host: proxy.host,
        port: proxy.port,
        method: 'CONNECT',
        path: target,
        headers: { host: target, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
        agent: false,
        signal: options.signal,
        timeout: options.timeout,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      })
      asked.once('connect', (answer, socket, head) => {
        // Neither TLS nor HTTP servers speak first.
        const { statusCode = 0 } = answer
        if (statusCode >= 200 && statusCode < 300 && head.length === 0) {
          socket.setTimeout(0)
          resolve(socket)
        } else {
          socket.destroy()
          reject(refusal(proxy, target, answer.statusCode))
        }
      })
      asked.once('timeout', () => asked.destroy(timedOut()))
      asked.once('error', reject)
      asked.end()
    })
}

function openTcp(proxy: Proxy, options: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: proxy.host, port: proxy.port, signal: options.signal, timeout: options.timeout })
    socket.once('timeout', () => socket.destroy(timedOut()))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.setTimeout(0)
      resolve(socket)
    })
  })
}

/**
 * SOCKS 4, 4a and 5. As in bandersnatch 8.0, socks4 looks names up here (the protocol has IPv4 addresses
 * only), and socks5 leaves that to the proxy like socks5h and socks4a.
 */
function dialSocks(proxy: Proxy, options: DialOptions): Dial {
  const type = proxy.kind === 'socks4' || proxy.kind === 'socks4a' ? 4 : 5
  return async (host, port) => {
    const lookedUp = proxy.kind === 'socks4' && !isIPv4(host) ? (await lookup(host, 4)).address : host
    // Few have such a proxy, and every start of the program would load it.
    const { SocksClient } = await import('socks')
    const socket = await openTcp(proxy, options)
    try {
      await SocksClient.createConnection({
        proxy: {
          host: proxy.host,
          port: proxy.port,
          type,
          ...(proxy.username === '' ? {} : { userId: proxy.username, password: proxy.password }),
        },
        command: 'connect',
        destination: { host: lookedUp, port },
        timeout: options.timeout,
        existing_socket: socket,
      })
      return socket
    } catch (error) {
      socket.destroy()
      // The library's error carries its options, password and all: only its text goes on.
      throw new Error(error instanceof Error ? error.message : 'SOCKS failed')
    }
  }
}

export function createDial(proxy: Proxy, options: DialOptions): Dial {
  return proxy.kind === 'http' || proxy.kind === 'https' ? dialHttp(proxy, options) : dialSocks(proxy, options)
}
