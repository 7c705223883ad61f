import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { BandersnatchError, ConfigError, IntegrityError, StorageError, UpstreamError } from '../../../src/errors.js'
import type { WorkItem } from '../../../src/mirror/plan/types.js'
import { eachOf } from '../../../src/mirror/run/each-of.js'
import { isProjectFault } from '../../../src/mirror/run/fault.js'
import { createKeyLocks } from '../../../src/mirror/run/key-locks.js'
import { workOff } from '../../../src/mirror/run/work-off.js'
import { openJournal } from '../../../src/mirror/state/journal.js'
import type { Upstream } from '../../../src/upstream/types.js'
import { engine, indexOf, serveTestIndex } from '../../helpers/engine.js'
import type { Engine, EngineOptions } from '../../helpers/engine.js'

const item = (name: string, more: Partial<WorkItem> = {}): WorkItem => ({
  name,
  rawName: name,
  serial: 0,
  reason: 'changed',
  render: false,
  listed: true,
  removed: false,
  entry: undefined,
  madeWith: undefined,
  ...more,
})

const stale = new UpstreamError('stale', 'it is older')

/** An upstream whose pages and documents fail in this way. */
const failing = (error: Error, asked: string[] = []): Partial<Upstream> => ({
  async metadata(name) {
    asked.push(name)
    throw error
  },
})

async function working(
  options: EngineOptions,
  items: readonly WorkItem[],
  announces: 'none' | 'known' | 'all' = 'none',
): Promise<{ run: Engine; result: Awaited<ReturnType<typeof workOff>> }> {
  const run = await engine(options)
  const journal = await openJournal(run.storage, 'boot')
  return { run, result: await workOff(run, items, { journal, announces }) }
}

describe('workOff', () => {
  it('tries what may pass in two further rounds, then owes it', async () => {
    const asked: string[] = []
    const { run, result } = await working({ upstream: failing(stale, asked) }, [item('b'), item('a')])
    expect(asked.sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b'])
    expect([...result.failed.keys()].sort()).toEqual(['a', 'b'])
    expect(run.lines.filter((line) => line === 'Trying 2 projects once more')).toHaveLength(2)
    expect((await run.ledger()).get('a')?.owed).toMatchObject({ runs: 1, reason: 'it is older' })
    expect(result.stopped).toBeUndefined()
  })

  it('does not try a document again that makes no sense', async () => {
    const asked: string[] = []
    await working({ upstream: failing(new UpstreamError('content', 'HTML'), asked) }, [item('a')])
    expect(asked).toEqual(['a'])
  })

  it('stops after the first failure with stop-on-error', async () => {
    const asked: string[] = []
    const options = { upstream: failing(stale, asked), mirror: 'stop-on-error = true\nworkers = 1' }
    const { result } = await working(options, [item('a'), item('b')])
    expect(asked).toEqual(['a'])
    expect(result.stopped).toBe('error')
    expect([...result.done]).toEqual(['a'])
  })

  it.each([new StorageError('the disk is full'), new ConfigError('a filter cannot work'), new TypeError('a bug')])(
    'ends with what is not one project’s fault: %s',
    async (error) => {
      await expect(working({ upstream: failing(error) }, [item('a')])).rejects.toBe(error)
    },
  )

  it('tells the journal before the pages of a project are touched: of known ones, of all, or of none', async () => {
    const server = await serveTestIndex(indexOf('known', 'new'))
    const items = [item('known', { entry: { serial: 1, shape: '' } }), item('new')]
    for (const [announces, begun] of [
      ['none', []],
      ['known', ['> known']],
      ['all', ['> known', '> new']],
    ] as const) {
      const { run } = await working({ url: server.url }, items, announces)
      const lines = (run.text('.bandersnatch/journal') ?? '').split('\n')
      expect(lines.filter((line) => line.startsWith('> '))).toEqual(begun)
      expect(lines.filter((line) => /^(?:known|new) \d+ [0-9a-f]{12}$/.test(line))).toHaveLength(2)
    }
  })

  it('refuses a name that is none without asking', async () => {
    const asked: string[] = []
    const { run, result } = await working({ upstream: failing(stale, asked) }, [item('..')])
    expect(asked).toEqual([])
    expect(result.failed.size).toBe(0)
    expect(run.report.refused).toBe(1)
  })

  it('ends at a signal', async () => {
    const run = await engine()
    run.stop.abort(new Error('SIGTERM'))
    const journal = await openJournal(run.storage, 'boot')
    await expect(workOff(run, [item('a')], { journal, announces: 'none' })).rejects.toThrow('SIGTERM')
  })
})

it('isProjectFault tells what ends the run from what one project cannot help', () => {
  expect(
    [new BandersnatchError(''), new UpstreamError('stale', ''), new IntegrityError('')].every(isProjectFault),
  ).toBe(true)
  expect([new StorageError(''), new ConfigError(''), new Error(''), 'text', undefined].some(isProjectFault)).toBe(false)
})

describe('eachOf', () => {
  it('works on so many at a time, and on all', async () => {
    const run = await engine()
    let now = 0
    let most = 0
    const done: number[] = []
    await eachOf(run, { items: [1, 2, 3, 4, 5, 6, 7], width: 3 }, async (number) => {
      now += 1
      most = Math.max(most, now)
      await setImmediate()
      now -= 1
      done.push(number)
    })
    expect(most).toBe(3)
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('begins nothing new after an error, and throws the first one', async () => {
    const run = await engine()
    const begun: number[] = []
    const all = eachOf(run, { items: [1, 2, 3, 4], width: 2 }, async (number) => {
      begun.push(number)
      await setImmediate()
      throw new Error(`broken ${number}`)
    })
    await expect(all).rejects.toThrow('broken 1')
    expect(begun).toEqual([1, 2])
    await expect(run.http.get('http://127.0.0.1:9/', { maxBytes: 1 })).rejects.toThrow()
  })
})

describe('createKeyLocks', () => {
  it('lets one at a time have a key, in the order of asking, and does not hold up others', async () => {
    const locks = createKeyLocks()
    const order: string[] = []
    const first = await locks.take(['a', 'b'])
    const second = locks.take(['b']).then((release) => (order.push('second'), release))
    const other = await locks.take(['c'])
    await setImmediate()
    expect(order).toEqual([])
    other()
    first()
    const release = await second
    const third = locks.take(['b']).then((giveBack) => (order.push('third'), giveBack))
    await setImmediate()
    expect(order).toEqual(['second'])
    release()
    ;(await third)()
    expect(order).toEqual(['second', 'third'])
  })

  it('takes keys in one order, so that nobody waits for ever', async () => {
    const locks = createKeyLocks()
    const keys = ['a', 'b', 'c', 'd']
    let held = new Set<string>()
    const work = async (wanted: readonly string[]): Promise<void> => {
      const release = await locks.take(wanted)
      expect(wanted.some((key) => held.has(key))).toBe(false)
      held = new Set([...held, ...wanted])
      await setImmediate()
      held = new Set([...held].filter((key) => !wanted.includes(key)))
      release()
    }
    const orders = keys.flatMap((a) => keys.map((b) => [a, b, a]))
    await Promise.all([...orders, ...orders.map((order) => order.toReversed())].map(work))
    expect(held.size).toBe(0)
  })
})
