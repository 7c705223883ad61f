import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generateIndex } from '../helpers/index/index.js'
import { answerWith } from '../helpers/index/answer.js'
import { createMirror, listedNames, serveIndex } from './support.js'
import type { Upstream } from './support.js'

/** Enough for a second thread, which shares the requests under way. */
const PROJECTS = 130
const MOST = 64

interface Watched {
  readonly upstream: Upstream
  /** requests under way: the most so far */
  readonly most: () => number
  readonly refused: () => number
}

interface Behaviour {
  /** milliseconds of an answer, with so many requests under way */
  readonly takes: (underWay: number) => number
  readonly refusedAbove?: number
  readonly filesPerProject?: number
}

async function watched({ takes, refusedAbove = Infinity, filesPerProject = 2 }: Behaviour): Promise<Watched> {
  let [underWay, most, refused] = [0, 0, 0]
  const upstream = await serveIndex(generateIndex({ projects: PROJECTS, filesPerProject }), {
    async onRequest() {
      underWay += 1
      most = Math.max(most, underWay)
      const tooMany = underWay > refusedAbove
      if (tooMany) refused += 1
      await delay(tooMany ? 1 : takes(underWay))
      underWay -= 1
      return tooMany ? answerWith(429, {}, 'too many requests') : 'pass'
    },
  })
  return { upstream, most: () => most, refused: () => refused }
}

/** Lets so many connections in at a time, and breaks all others. */
async function door(port: number, room: number): Promise<{ url: string; broken: () => number }> {
  let [open, broken] = [0, 0]
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (open >= room) {
      broken += 1
      socket.resetAndDestroy()
      return
    }
    open += 1
    const inside = connect(port, '127.0.0.1')
    inside.on('error', () => socket.destroy())
    socket.on('close', () => {
      open -= 1
      inside.destroy()
    })
    inside.on('close', () => socket.destroy())
    socket.pipe(inside).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, broken: () => broken }
}

const requestsOf = (upstream: Upstream): number => upstream.count(/./)

describe('a mirror run is polite to an upstream that', () => {
  it('bears any load: it has 64 requests under way at most, over both threads', async () => {
    const { upstream, most, refused } = await watched({ takes: () => 60 })
    const mirror = createMirror(upstream.url)
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    expect(most()).toBeGreaterThan(10)
    expect(most()).toBeLessThanOrEqual(MOST)
    expect(refused()).toBe(0)
    expect(Number(/ on (\d+) connections/.exec(log)?.[1]), log).toBeGreaterThan(10)
  })

  it('answers 429 above 20 requests under way: it settles below, with less than 2 % refused', async () => {
    const { upstream, refused } = await watched({ takes: () => 40, refusedAbove: 20, filesPerProject: 6 })
    const mirror = createMirror(upstream.url)
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    expect(listedNames(mirror)).toHaveLength(PROJECTS)
    expect(refused()).toBeLessThan(0.02 * requestsOf(upstream))
  })

  it('accepts 6 connections: it gets along with them', async () => {
    const { upstream } = await watched({ takes: () => 10 })
    const { url, broken } = await door(upstream.port, 6)
    const mirror = createMirror(url)
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    expect(listedNames(mirror)).toHaveLength(PROJECTS)
    expect(broken()).toBeLessThan(0.5 * requestsOf(upstream))
  })

  it('becomes slower with each request: it sends no more than help', async () => {
    const { upstream, most } = await watched({ takes: (underWay) => 4 * underWay })
    const mirror = createMirror(upstream.url)
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    expect(most()).toBeLessThan(MOST)
    expect(log).not.toMatch(/repeated/)
  })

  it('is to get no more than max-requests at a time', async () => {
    const { upstream, most } = await watched({ takes: () => 5 })
    const mirror = createMirror(upstream.url, 'max-requests = 5')
    const { code, log } = await mirror.run()
    expect(code, log).toBe(0)
    // Two for each of two threads.
    expect(most()).toBeGreaterThan(1)
    expect(most()).toBeLessThanOrEqual(5)
  })
})
