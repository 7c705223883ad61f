import { describe, expect, it } from 'vitest'
import { createCaller } from '../../src/storage/filesystem/caller.js'
import { callOf } from '../../src/storage/filesystem/steps.js'
import type { Steps } from '../../src/storage/filesystem/steps.js'

/** A disk on which each call takes some simulated milliseconds; it counts how calls are made. */
function disk(): {
  milliseconds: number
  counts: { atOnce: number; inPool: number; most: number }
  now: () => number
  call: (fails?: boolean) => Steps<string>
} {
  let time = 0
  let underWay = 0
  const counts = { atOnce: 0, inPool: 0, most: 0 }
  const outcome = (fails: boolean): string => {
    if (fails) throw new Error('the disk is full')
    return 'done'
  }
  const made = {
    milliseconds: 0.01,
    counts,
    now: () => time,
    call: (fails = false) =>
      callOf(
        () => {
          counts.atOnce += 1
          time += made.milliseconds
          return outcome(fails)
        },
        async () => {
          counts.inPool += 1
          underWay += 1
          counts.most = Math.max(counts.most, underWay)
          await new Promise((resolve) => setImmediate(resolve))
          underWay -= 1
          return outcome(fails)
        },
      )(),
  }
  return made
}

function* several(count: number, call: () => Steps<string>): Steps<number> {
  let made = 0
  for (let at = 0; at < count; at += 1) if ((yield* call()) === 'done') made += 1
  return made
}

describe('calls to the file system', () => {
  it('are made at once where they are fast, so that the steps are done before anything else happens', async () => {
    const { call, counts, now } = disk()
    const { run } = createCaller(now)
    const steps = run(several(1000, call))
    expect(counts).toEqual({ atOnce: 1000, inPool: 0, most: 0 })
    expect(await steps).toBe(1000)
  })

  it('are made in the pool, many at a time, once a disk turns slow, and at once when it is fast again', async () => {
    const slow = disk()
    const caller = createCaller(slow.now)
    await caller.run(several(100, slow.call))
    slow.milliseconds = 1
    await caller.run(several(100, slow.call))
    expect(caller.isSlow).toBe(true)
    // Some calls were made at once before it was known, and a few to see whether that is still so.
    expect(slow.counts.inPool).toBeGreaterThan(30)
    await Promise.all(Array.from({ length: 20 }, () => caller.run(several(50, slow.call))))
    expect(slow.counts.most).toBeGreaterThan(15)
    expect(slow.counts.atOnce).toBeLessThan(100 + 64 + 40)
    slow.milliseconds = 0.01
    await caller.run(several(2000, slow.call))
    expect(caller.isSlow).toBe(false)
  })

  it('are made at once where single calls are slow', async () => {
    const { call, counts, now } = disk()
    let made = 0
    const { run } = createCaller(() => now() + (made % 3 === 0 ? 50 : 0))
    for (; made < 900; made += 1) await run(call())
    expect(counts.inPool).toBe(0)
  })

  it.each([0.01, 1])('give their errors to the steps: %s ms', async (milliseconds) => {
    const made = disk()
    made.milliseconds = milliseconds
    const caller = createCaller(made.now)
    await caller.run(several(200, made.call))
    function* steps(): Steps<string> {
      try {
        return yield* made.call(true)
      } catch {
        return yield* made.call()
      }
    }
    expect(await caller.run(steps())).toBe('done')
    await expect(caller.run(made.call(true))).rejects.toThrow('the disk is full')
  })
})
