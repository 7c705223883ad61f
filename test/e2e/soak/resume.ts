import * as fs from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createPackageIndex, generatedFile } from '../../helpers/index/index.js'
import type { Answer, HookedRequest } from '../../helpers/index/index.js'
import { createInspector } from './inspect.js'
import type { Inspector } from './inspect.js'
import { run, start } from './program.js'
import { megabytes } from './size.js'
import type { Soak } from './size.js'
import { smallStage } from './stage.js'
import type { Stage } from './stage.js'
import { truthOf } from './truth.js'
import type { Known, Truth } from './truth.js'

const NAME = 'large'

interface LargeStage extends Stage {
  readonly inspector: Inspector
  readonly truth: Truth
  /** where each request for the file began, in bytes */
  readonly starts: number[]
}

async function largeStage(size: number): Promise<LargeStage> {
  const index = createPackageIndex()
  index.publish(NAME, '1.0', [generatedFile(NAME, '1.0', { wheel: false, size })])
  const stage = await smallStage('resume', { index })
  const known: Known = new Map()
  const truth = truthOf(index, known)
  return Object.assign(stage, {
    truth,
    starts: [],
    inspector: createInspector(stage.mirror, { known, truths: new Map([[truth.serial, truth]]) }),
  })
}

function isFile({ path }: HookedRequest): boolean {
  return path.endsWith('.tar.gz')
}

function noteStart(stage: LargeStage, { headers }: HookedRequest): void {
  stage.starts.push(Number(/^bytes=(\d+)-$/.exec(String(headers.range ?? ''))?.[1] ?? 0))
}

/** Sends the first bytes of an answer and then no more. */
function stall({ status, headers, body }: Answer, bytes: number, response: ServerResponse): void {
  response.writeHead(status, { 'content-length': body.size, ...headers })
  response.write(body.read(0, Math.min(bytes, body.size)))
}

/** Large files: broken off, killed, lied about. */
export function resumeSection(soak: Soak): void {
  const size = soak.pick(3, 48) << 20

  describe('large files', () => {
    it('go on where they broke off', { timeout: 120_000 }, async () => {
      const stage = await largeStage(size)
      const step = size / soak.pick(2, 5)
      stage.hook = (request) => {
        if (!isFile(request)) return 'pass'
        noteStart(stage, request)
        return { ...request.usual(), cutAfter: step }
      }
      const { code, stderr } = await run(['-c', stage.config, 'mirror'])
      expect(code, stderr).toBe(0)
      expect(stage.inspector.missing(stage.truth)).toEqual([])
      expect(stage.inspector.leftovers()).toEqual([])
      soak.say(
        'resume',
        `${megabytes(size)} in ${stage.starts.length} pieces, ${megabytes(stage.server.bytesOut)} sent`,
      )
      expect(stage.server.bytesOut).toBeLessThan(size * 1.05)
    })

    it('go on after SIGKILL, and partial files of long ago are swept', { timeout: 120_000 }, async () => {
      const stage = await largeStage(size)
      const partial = join(stage.mirror, '.bandersnatch/partial')
      stage.hook = (request) => {
        if (!isFile(request)) return 'pass'
        noteStart(stage, request)
        return (response) => stall(request.usual(), size / 2, response)
      }
      const running = start(['-c', stage.config, 'mirror'])
      await until(() => partialBytes(partial) === size / 2)
      running.kill('SIGKILL')
      await running.ended
      expect(stage.inspector.sweep()).toEqual([])
      for (const [name, days] of [
        ['old', 15],
        ['young', 13],
      ] as const) {
        const then = new Date(Date.now() - days * 24 * 3600 * 1000)
        fs.writeFileSync(join(partial, name), name)
        fs.utimesSync(join(partial, name), then, then)
      }
      stage.hook = (request) => {
        if (isFile(request)) noteStart(stage, request)
        return 'pass'
      }
      const { code, stderr } = await run(['-c', stage.config, 'mirror'])
      expect(code, stderr).toBe(0)
      expect(stage.starts).toEqual([0, size / 2])
      expect(stage.inspector.missing(stage.truth)).toEqual([])
      expect(fs.readdirSync(partial)).toEqual(['young'])
    })

    /** What a server can do to somebody who asks for the rest; the answer to a request for bytes from `first` on. */
    const lies: readonly [what: string, lie: (usual: Answer, first: number) => Answer][] = [
      ['gives the whole', ({ headers, ...usual }) => ({ ...usual, headers, status: 200 })],
      [
        'gives another part',
        (usual) => ({
          ...usual,
          headers: { ...usual.headers, 'content-range': `bytes 0-${usual.body.size - 1}/${size}` },
        }),
      ],
      ['has another file now', (usual) => ({ ...usual, headers: { ...usual.headers, etag: '"other"' } })],
      [
        'gives wrong bytes',
        ({ body, ...usual }) => ({ ...usual, body: { ...body, read: (from, to) => Buffer.alloc(to - from, 1) } }),
      ],
      [
        'gives more than there is',
        (usual) => ({
          ...usual,
          headers: { ...usual.headers, 'content-range': `bytes ${size / 2}-${2 * size}/${2 * size}` },
        }),
      ],
      [
        'cannot',
        (usual) => ({
          ...usual,
          status: 416,
          headers: { 'content-range': `bytes */${size}` },
          body: { size: 0, read: () => Buffer.alloc(0) },
        }),
      ],
    ]
    it.each(soak.some(lies, 3))('are whole in the end where the server %s', { timeout: 120_000 }, async (_, lie) => {
      const stage = await largeStage(size)
      stage.hook = (request) => {
        if (!isFile(request)) return 'pass'
        noteStart(stage, request)
        const first = stage.starts.at(-1) ?? 0
        if (stage.starts.length === 1) return { ...request.usual(), cutAfter: size / 2 }
        return first > 0 && stage.starts.length === 2 ? lie(request.usual(), first) : 'pass'
      }
      const watch = stage.inspector.watch()
      const { code, stderr } = await run(['-c', stage.config, 'mirror'])
      expect(await watch.stop()).toEqual([])
      expect(code, stderr).toBe(0)
      expect(stage.starts[1]).toBe(size / 2)
      expect(stage.inspector.missing(stage.truth)).toEqual([])
      expect(stage.inspector.leftovers()).toEqual([])
    })
  })
}

function partialBytes(directory: string): number {
  if (!fs.existsSync(directory)) return 0
  return fs
    .readdirSync(directory)
    .reduce((sum, name) => sum + (name.includes('.') ? 0 : fs.statSync(join(directory, name)).size), 0)
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}
