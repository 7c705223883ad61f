import { createServer, request } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Server as TcpServer } from 'node:net'
import { FAULTS, PASSING } from './faults.js'
import type { Answer, FaultKind } from './faults.js'

export interface FaultyOptions {
  readonly seed: number
  /** share of requests that meet a fault: 0 none, 1 each one while `perUrl` allows */
  readonly rate: number
  /** PASSING when absent */
  readonly kinds?: readonly FaultKind[]
  /** faults that one URL meets at most, so that patience wins in the end; 2 when absent */
  readonly perUrl?: number
  readonly port?: number
}

export interface FaultyUpstream {
  readonly url: string
  readonly port: number
  /** faults played so far */
  readonly stats: ReadonlyMap<FaultKind, number>
  close(): Promise<void>
}

/** FNV-1a, then a finalizer: 0 <= x < 1. */
function chance(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** @returns the port */
export async function listen(server: TcpServer, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  if (server.listening) await new Promise((resolve) => server.close(resolve))
}

/** Asks the handler, by a server of its own, what it would answer. */
function ask(port: number, req: IncomingMessage, url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const inner = request({
      port,
      host: '127.0.0.1',
      method: req.method,
      path: url,
      headers: req.headers,
      agent: false,
    })
    inner.once('error', reject)
    inner.once('response', (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.once('error', reject)
      res.once('end', () => {
        const headers: Record<string, string> = {}
        for (const [name, value] of Object.entries(res.headers)) if (typeof value === 'string') headers[name] = value
        resolve({ status: res.statusCode ?? 500, headers, body: Buffer.concat(chunks) })
      })
    })
    req.pipe(inner)
  })
}

/**
 * An upstream that answers like `handler`, but for faults. Which request meets which fault depends on the
 * seed, the URL and how often it was asked for, not on the order in which requests arrive: a run with many
 * workers meets the same faults each time.
 */
export async function startFaulty(handler: RequestListener, options: FaultyOptions): Promise<FaultyUpstream> {
  const { seed, rate, kinds = PASSING, perUrl = 2 } = options
  const stats = new Map<FaultKind, number>()
  const asked = new Map<string, number>()
  const met = new Map<string, number>()
  const inner = createServer(handler)
  const innerPort = await listen(inner)
  let closed = false
  let port = 0

  const choose = (key: string): { kind: FaultKind; random: number } | undefined => {
    const times = (asked.get(key) ?? 0) + 1
    asked.set(key, times)
    const fate = `${seed} ${times} ${key}`
    if ((met.get(key) ?? 0) >= perUrl || chance(fate) >= rate) return undefined
    const kind = kinds[Math.floor(chance(`kind ${fate}`) * kinds.length)]
    if (kind === undefined) return undefined
    met.set(key, (met.get(key) ?? 0) + 1)
    stats.set(kind, (stats.get(kind) ?? 0) + 1)
    return { kind, random: chance(`random ${fate}`) }
  }

  const server = createServer((req, res) => {
    const url = req.url ?? '/'
    const hop = /[?&]faulty-hop=1$/
    const fault = hop.test(url) ? undefined : choose(`${req.method} ${url}`)
    req.url = url.replace(hop, '')
    res.on('error', () => undefined)
    if (fault === undefined) {
      handler(req, res)
      return
    }
    const play = FAULTS[fault.kind]
    void Promise.resolve(play({ req, res, random: fault.random, answer: () => ask(innerPort, req, url), down })).catch(
      (error: unknown) => res.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  })

  /** Idle and busy connections stay; only new ones are refused. */
  const down = (): void => {
    if (!server.listening) return
    server.close()
    setTimeout(() => {
      if (!closed) server.listen(port, '127.0.0.1')
    }, 40)
  }

  port = await listen(server, options.port)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stats,
    async close() {
      closed = true
      await Promise.all([stop(server), stop(inner)])
    },
  }
}
