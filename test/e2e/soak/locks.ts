import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { run, start } from './program.js'
import type { Running } from './program.js'
import type { Soak } from './size.js'
import { smallStage } from './stage.js'
import type { Stage } from './stage.js'

interface Held {
  readonly running: Running
  /** lets the held run go on */
  readonly release: () => void
}

/** Starts a run and holds it at its first question to upstream. */
async function hold(stage: Stage, args: readonly string[]): Promise<Held> {
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => (release = resolve))
  const asked = new Promise<void>((resolve) => {
    stage.hook = async (): Promise<'pass'> => {
      resolve()
      await gate
      return 'pass'
    }
  })
  const running = start(['-c', stage.config, ...args])
  await Promise.race([asked, running.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))])
  return { running, release }
}

const DAY = 24 * 3600 * 1000

/** Two runs at once, and locks that dead runs left. */
export function locksSection(soak: Soak): void {
  describe('two runs at once', () => {
    const pairs = [
      ['mirror', 'mirror'],
      ['mirror', 'verify'],
      ['mirror', 'delete project-00001'],
      ['mirror', 'sync project-00001'],
      ['verify --json-update', 'mirror'],
      ['delete project-00002', 'mirror'],
    ] as const
    it.each(soak.some<(typeof pairs)[number]>(pairs, 6))(
      '%s, then %s: the second ends and names the first',
      async (first, second) => {
        const stage = await smallStage('locks')
        expect((await run(['-c', stage.config, 'mirror'])).code).toBe(0)
        const held = await hold(stage, first.split(' '))
        const other = await run(['-c', stage.config, ...second.split(' ')])
        expect(other.code, other.stderr).toBe(4)
        expect(other.stderr).toContain(
          `the mirror is in use by "bandersnatch ${first.split(' ')[0]}" (process ${held.running.pid} on ${hostname()}`,
        )
        held.release()
        const { code, stderr } = await held.running.ended
        expect(code, stderr).toBe(0)
      },
    )

    it('of several that start at the same moment one runs', async () => {
      for (let round = 0; round < soak.pick(1, 8); round += 1) {
        const stage = await smallStage('locks')
        stage.hook = async (): Promise<'pass'> => {
          await delay(30)
          return 'pass'
        }
        const runs = await Promise.all([1, 2, 3, 4].map(() => run(['-c', stage.config, 'mirror'])))
        // One that comes when the first has finished may run too, but never beside it.
        const logs = runs.map(({ stderr }) => stderr).join('\n')
        const times = runs
          .filter(({ code }) => code === 0)
          .map(({ stderr }) => [timeOf(stderr, 'Syncing with'), timeOf(stderr, 'mirror done')] as const)
          .sort()
        expect(times.length, logs).toBeGreaterThan(0)
        times.reduce((before, [from, to]) => {
          expect(from >= before, logs).toBe(true)
          return to
        }, '')
        expect(runs.filter(({ code }) => code !== 0 && code !== 4)).toEqual([])
      }
    })

    it.runIf(soak.full)('a lock whose time jumps is still held', { timeout: 60_000 }, async () => {
      const stage = await smallStage('locks')
      const held = await hold(stage, ['mirror'])
      for (const jump of [-DAY, DAY]) {
        const then = new Date(Date.now() + jump)
        fs.utimesSync(join(stage.mirror, '.bandersnatch/lock'), then, then)
        await delay(2500)
        expect((await run(['-c', stage.config, 'mirror'])).code).toBe(4)
      }
      held.release()
      const { code, stderr } = await held.running.ended
      expect(code, stderr).toBe(0)
    })
  })

  describe('a lock that a dead run left', () => {
    it('of this machine holds nobody up', async () => {
      const stage = await smallStage('locks')
      const held = await hold(stage, ['mirror'])
      held.running.kill('SIGKILL')
      await held.running.ended
      stage.hook = () => 'pass'
      const { code, ms } = await run(['-c', stage.config, 'mirror'])
      expect(code).toBe(0)
      expect(ms).toBeLessThan(10_000)
    })

    const holder = {
      pid: 1,
      identity: 'x',
      host: 'elsewhere',
      boot: bootId(),
      pidNamespace: pidNamespace(),
      command: 'mirror',
      since: '2026-01-01T00:00:00.000Z',
    }
    it.each(
      soak.some(
        [
          ['of another host that lives', JSON.stringify(holder), 0, 4],
          ['of another host that is silent', JSON.stringify(holder), 40_000, 0],
          ['without a holder, old', undefined, 6000, 0],
          ['without a holder, from the future', undefined, -DAY, 0],
          ['with a holder that is no JSON', '{"pid":', 6000, 0],
          [
            'of this host before it was started anew, silent',
            JSON.stringify({ ...holder, host: hostname(), boot: 'b' }),
            40_000,
            0,
          ],
          [
            'of another container with the name of this host that lives',
            JSON.stringify({ ...holder, host: hostname(), pidNamespace: 'pid:[1]' }),
            0,
            4,
          ],
          ['of a process number that another program has now', JSON.stringify({ ...holder, host: hostname() }), 0, 0],
        ] as const,
        3,
      ),
    )('%s', async (_, text, age, expected) => {
      const stage = await smallStage('locks')
      const own = join(stage.mirror, '.bandersnatch')
      fs.mkdirSync(own, { recursive: true })
      fs.writeFileSync(join(own, 'lock'), text ?? '')
      const then = new Date(Date.now() - age)
      fs.utimesSync(join(own, 'lock'), then, then)
      const { code, stderr } = await run(['-c', stage.config, 'mirror'])
      expect(code, stderr).toBe(expected)
      if (expected === 4) expect(stderr).toContain('in use by "bandersnatch mirror" (process 1 on ')
    })
  })
}

/** When a log says something. */
function timeOf(log: string, text: string): string {
  return (
    log
      .split('\n')
      .find((line) => line.includes(text))
      ?.slice(0, 23) ?? 'never'
  )
}

function pidNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
