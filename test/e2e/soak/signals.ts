import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerWith, generatedFile } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import { createInspector } from './inspect.js'
import { run, start, strayLines } from './program.js'
import type { Soak } from './size.js'
import { scratch, silence, smallStage } from './stage.js'
import type { Stage } from './stage.js'
import { truthOf } from './truth.js'
import type { Known } from './truth.js'

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

type Hook = (request: HookedRequest) => Reaction

/** What a run can be waiting for when it is told to end. */
const WAITS: readonly [what: string, hook: Hook][] = [
  ['the list', ({ path }) => (path === '/simple/' ? silence : 'pass')],
  ['metadata', ({ path }) => (path.startsWith('/pypi/') ? silence : 'pass')],
  ['files', ({ path }) => (path.startsWith('/packages/') ? silence : 'pass')],
  ['the rest of a file', ({ path }) => (path.startsWith('/packages/') ? half : 'pass')],
  [
    'the next attempt',
    ({ path }) => (path.startsWith('/packages/') ? answerWith(503, { 'retry-after': '120' }) : 'pass'),
  ],
]

function half(response: Parameters<Extract<Reaction, (response: never) => void>>[0]): void {
  response.writeHead(200, { 'content-length': '100000' })
  response.write('half')
}

function complete({ index, mirror }: Stage): string[] {
  const known: Known = new Map()
  const truth = truthOf(index, known)
  return createInspector(mirror, { known, truths: new Map([[truth.serial, truth]]) }).missing(truth)
}

/** Signals, pipes that break, and what is left after them. */
export function signalsSection(soak: Soak): void {
  describe('signals and pipes', () => {
    let slowest = 0
    const waits = WAITS.flatMap(([what, hook]) => SIGNALS.map((signal) => [...signal, what, hook] as const))
    it.each(soak.some(waits, 3))('%s ends a run with %i while it waits for %s', async (signal, code, _, hook) => {
      const stage = await smallStage('signals', { mirror: { timeout: 100 } })
      const asked = new Promise<void>((resolve) => {
        stage.hook = (request) => {
          const reaction = hook(request)
          if (reaction !== 'pass') setTimeout(resolve, 50)
          return reaction
        }
      })
      const running = start(['-c', stage.config, 'mirror'])
      await asked
      const toldAt = performance.now()
      running.kill(signal)
      const ended = await running.ended
      const took = performance.now() - toldAt
      slowest = Math.max(slowest, took)
      expect(ended.code, ended.stderr).toBe(code)
      expect(took).toBeLessThan(2000)
      expect(ended.stderr).toMatch(new RegExp(`ERROR: Interrupted by ${signal}: .*\\n$`))
      expect(strayLines(ended.stderr)).toEqual([])
      stage.hook = () => 'pass'
      expect((await run(['-c', stage.config, 'mirror'])).code).toBe(0)
      expect(complete(stage)).toEqual([])
    })

    it('a second signal ends a run at once', async () => {
      const stage = await smallStage('signals', { mirror: { timeout: 100 } })
      const asked = new Promise<void>((resolve) => {
        stage.hook = ({ path }) => {
          if (!path.startsWith('/packages/')) return 'pass'
          resolve()
          return silence
        }
      })
      const running = start(['-c', stage.config, 'mirror'])
      await asked
      const toldAt = performance.now()
      running.kill('SIGTERM')
      running.kill('SIGTERM')
      const { code, stderr } = await running.ended
      expect(code, stderr).toBe(143)
      expect(performance.now() - toldAt).toBeLessThan(2000)
      stage.hook = () => 'pass'
      expect((await run(['-c', stage.config, 'mirror'])).code).toBe(0)
    })

    it('verify and delete end on signals too', async () => {
      const stage = await smallStage('signals', { mirror: { timeout: 100 } })
      await run(['-c', stage.config, 'mirror'])
      const { index } = stage
      const name = 'project-00001'
      index.publish(name, '7.0', [generatedFile(name, '7.0', { wheel: true, size: 2000 })])
      for (const args of [
        ['verify', '--json-update'],
        ['delete', name],
      ]) {
        const asked = new Promise<void>((resolve) => {
          stage.hook = () => {
            resolve()
            return silence
          }
        })
        const running = start(['-c', stage.config, ...args])
        await Promise.race([asked, running.ended])
        running.kill('SIGINT')
        const { code, stderr } = await running.ended
        expect(code, stderr).toBe(130)
        expect(stderr).toMatch(/ERROR: Interrupted by SIGINT: .*\n$/)
      }
    })

    it.each(soak.some(['Promise.reject(new Error("oops"))', 'throw new Error("oops")'], 2))(
      'an error that nobody caught (%s) ends a run in one line',
      async (bug) => {
        const stage = await smallStage('signals', { mirror: { timeout: 100 } })
        stage.hook = ({ path }) => (path.startsWith('/packages/') ? silence : 'pass')
        const late = encodeURIComponent(
          `const timer = setInterval(() => { if (process.listenerCount('unhandledRejection') > 0) { clearInterval(timer); ${bug} } }, 300)`,
        )
        const { code, stderr } = await run(['-c', stage.config, 'mirror'], {
          env: { NODE_OPTIONS: `--import=data:text/javascript,${late}` },
        })
        expect(code, stderr).toBe(1)
        expect(stderr).toMatch(/ERROR: Unexpected error, please report it: oops \(--debug shows where\)\n$/)
        expect(stderr).not.toMatch(/^\s+at /m)
        stage.hook = () => 'pass'
        expect((await run(['-c', stage.config, 'mirror'])).code).toBe(0)
        expect(complete(stage)).toEqual([])
      },
    )

    it('a log that nobody reads any more does not end a run', async () => {
      const stage = await smallStage('pipes')
      const running = start(['-c', stage.config, 'mirror'])
      await running.logged(/Syncing with/)
      running.hangUp()
      expect((await running.ended).code).toBe(0)
      expect(complete(stage)).toEqual([])
    })

    it('an output that nobody reads is no crash', async () => {
      const bin = join(import.meta.dirname, '..', '..', '..', 'bin', 'bandersnatch.js')
      for (const args of ['--help', '--version', '', 'mirror --help']) {
        const child = spawn(
          'sh',
          ['-c', `{ "$0" "$1" ${args}; echo "code $?" >&3; } 3>&2 2>/dev/null | true`, process.execPath, bin],
          {
            cwd: scratch('pipes'),
            stdio: ['ignore', 'ignore', 'pipe'],
          },
        )
        let said = ''
        child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
        await new Promise((resolve) => child.once('close', resolve))
        expect(said).toMatch(/^code 0\n$/)
      }
      soak.say('signals', `SIGINT and SIGTERM end a run after ${slowest.toFixed(0)} ms at most`)
    })
  })
}
