import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runMirror } from '../../src/mirror/mirror.js'
import { runHook } from '../../src/report/summary/hooks.js'
import { summarized } from '../../src/report/summary/summarized.js'
import type { Summary } from '../../src/report/summary/data.js'
import { NOW, engine, indexOf, publish, serveTestIndex } from '../helpers/engine.js'
import { answerWith } from '../helpers/index/index.js'
import { memoryPlace } from '../helpers/memory-storage.js'
import { memoryLog } from '../log/support.js'

const scratch = (): string => mkdtempSync(join(tmpdir(), 'hook-'))

describe('a hook', () => {
  it('gets the document on stdin, and need not read it', async () => {
    const file = join(scratch(), 'got')
    expect(await runHook(`cat > ${file}`, 'what happened\n')).toBeUndefined()
    expect(readFileSync(file, 'utf8')).toBe('what happened\n')
    expect(await runHook('exec 0<&-; true', 'x'.repeat(1e6))).toBeUndefined()
  })

  it('that fails is told of with its last words', async () => {
    expect(await runHook('echo first >&2; echo no route >&2; exit 7', '')).toBe('exit code 7: no route')
    expect(await runHook('kill -9 $$', '')).toBe('SIGKILL')
    expect(await runHook('no-such-command', '')).toMatch(/^exit code 127: /)
  })

  it('that does not end is ended, and one that leaves something running is not waited for', async () => {
    expect(await runHook('exec sleep 60', '', 300)).toBe('it was ended after 0.3 s')
    expect(await runHook('sleep 60 & exit 0', '', 30_000)).toBeUndefined()
  })
})

describe('on-failure and on-change', () => {
  /** Runs `mirror` once an hour; returns what the hooks got. */
  async function runs(hours: readonly number[], happens: (hour: number) => void, url: string): Promise<string[]> {
    const place = memoryPlace()
    const file = join(scratch(), 'calls')
    const hooks = ['on-failure', 'on-change'].map((name) => `${name} = (echo ${name}; cat) >> ${file}`).join('\n')
    for (const hour of hours) {
      happens(hour)
      const { log } = memoryLog()
      const run = await engine({ url, place, mirror: hooks, now: new Date(NOW.getTime() + hour * 3600_000), log })
      await summarized(run, { command: 'mirror', log, summaryJson: undefined }, () =>
        runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false }),
      )
    }
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  }

  it('are called when a failure is new, once a day, and when what is served changes', async () => {
    let broken = true
    const index = indexOf('good', 'bad')
    const server = await serveTestIndex(index, ({ path }) =>
      broken && path.includes('/bad') ? answerWith(500, {}, 'no') : 'pass',
    )
    const calls = await runs(
      [0, 1, 2, 24, 25],
      (hour) => {
        if (hour !== 25) return
        broken = false
        publish(index, 'bad', '2.0')
      },
      server.url,
    )
    expect(calls.filter((line) => !line.startsWith('{'))).toEqual([
      'on-change',
      'on-failure',
      'on-failure',
      'on-change',
    ])
    const [changed, failed] = calls.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Summary)
    expect(changed?.projects.synced).toBe(1)
    expect(failed).toMatchObject({
      ok: false,
      news: [expect.any(String), expect.stringMatching(/^Not up to date: bad: /)],
    })
  })

  it('that fail cause a warning, and no other exit code', async () => {
    const server = await serveTestIndex(indexOf('good'))
    const { log, written } = memoryLog()
    const run = await engine({ url: server.url, mirror: 'on-change = exit 3', log })
    const work = (): Promise<void> => runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
    expect(await summarized(run, { command: 'mirror', log, summaryJson: undefined }, work)).toBe(0)
    expect(written.stderr).toContain('WARNING: The command of on-change failed: exit code 3\n')
  })
})
