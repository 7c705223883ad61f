import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { compile } from './native.js'
import type { Network } from './place.js'

export interface LinkOptions {
  /** milliseconds from one end to the other and back */
  readonly roundTrip: number
  readonly mbit: number
  /** percent of the packets */
  readonly loss?: number
}

/** A link between two network namespaces of its own. */
export interface Link {
  readonly network: Network
  /** the TCP connections since the last call: how many were opened, and the most that were open at a time */
  connections(): Promise<{ readonly opened: number; readonly mostOpen: number }>
  close(): Promise<void>
}

const SERVER = '10.231.77.1'
const CLIENT = '10.231.77.2'
/** what waits at the slower end of a line, in milliseconds: as home routers have it */
const QUEUE_MS = 100

/** Why there can be no link here; undefined where there can. */
export function whyNoLink(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  return existsSync('/dev/net/tun') ? undefined : 'there is no /dev/net/tun'
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** @param directory for the program that carries the packets */
export async function openLink(directory: string, { roundTrip, mbit, loss = 0 }: LinkOptions): Promise<Link> {
  const [server, client] = [`bench-s${process.pid}`, `bench-c${process.pid}`]
  const devices = [`bns${process.pid}`, `bnc${process.pid}`] as const
  const figures = [roundTrip / 2, mbit, QUEUE_MS, loss].map(String)
  const child = spawn(compile('link', directory), [...devices, ...figures], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const next = async (): Promise<string> => ((await once(lines, 'line')) as [string])[0]
  const removeNamespaces = (): void => {
    for (const namespace of [server, client]) {
      try {
        ip('netns', 'del', namespace)
      } catch {
        // It was not made.
      }
    }
  }
  // Also where the benchmark is stopped half-way; the link itself ends with its standard input.
  process.once('exit', removeNamespaces)
  const close = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.stdin.end()
      await once(child, 'exit')
    }
    process.off('exit', removeNamespaces)
    removeNamespaces()
  }
  try {
    await Promise.race([next(), once(child, 'exit').then(() => Promise.reject(new Error('the link ended')))])
    for (const [namespace, device, own, other] of [
      [server, devices[0], SERVER, CLIENT],
      [client, devices[1], CLIENT, SERVER],
    ] as const) {
      ip('netns', 'add', namespace)
      ip('link', 'set', device, 'netns', namespace)
      const inside = ['-n', namespace]
      ip(...inside, 'link', 'set', device, 'mtu', '1500', 'txqueuelen', '20000', 'up')
      ip(...inside, 'addr', 'add', `${own}/32`, 'peer', `${other}/32`, 'dev', device)
      ip(...inside, 'link', 'set', 'lo', 'up')
    }
  } catch (error) {
    await close()
    throw error
  }
  const within = (namespace: string): string[] => ['ip', 'netns', 'exec', namespace]
  return {
    network: { host: SERVER, serving: within(server), asking: within(client) },
    async connections() {
      const line = next()
      child.stdin.write('\n')
      return JSON.parse(await line) as { opened: number; mostOpen: number }
    },
    close,
  }
}
