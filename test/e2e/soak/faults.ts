import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FAULTS } from '../../helpers/faults.js'
import type { FaultKind } from '../../helpers/faults.js'
import { startFaulty } from '../../helpers/faulty-upstream.js'
import { generatedFile, generateIndex, startIndex } from '../../helpers/index/index.js'
import { createInspector } from './inspect.js'
import { run, strayLines, writeConfig } from './program.js'
import type { Soak } from './size.js'
import { scratch } from './stage.js'
import { truthOf } from './truth.js'
import type { Known } from './truth.js'
import { forward } from './upstream.js'

const KINDS = Object.keys(FAULTS) as FaultKind[]
const LARGE = 3 << 20

/** Requests that fail at random, in every way there is. */
export function faultsSection(soak: Soak): void {
  describe('requests that fail', () => {
    it.each([
      [0.2, 2],
      [0.5, 4],
    ])('%d of all: complete after at most %i runs', { timeout: 600_000 }, async (rate, most) => {
      const index = generateIndex({ projects: soak.pick(6, 100), filesPerProject: soak.pick(2, 4), seed: soak.seed })
      for (const name of soak.some(['large-one', 'large-two'], 2)) {
        index.publish(name, '1.0', [generatedFile(name, '1.0', { wheel: true, size: LARGE })])
      }
      const known: Known = new Map()
      const truth = truthOf(index, known)
      const server = await startIndex(index)
      const upstream = await startFaulty(forward(server.port), {
        seed: soak.seed,
        rate,
        kinds: KINDS,
        perUrl: Infinity,
      })
      onTestFinished(async () => {
        await upstream.close()
        await server.close()
      })
      const base = scratch('faults')
      const mirror = join(base, 'mirror')
      const config = writeConfig(join(base, 'conf'), {
        directory: mirror,
        master: upstream.url,
        workers: 10,
        timeout: soak.pick(1.5, 2),
        'global-timeout': soak.pick(5, 12),
      })
      const inspector = createInspector(mirror, { known, truths: new Map([[truth.serial, truth]]) })
      const runs: string[] = []
      let complete = false
      let sweeps = 0
      for (let count = 1; !complete && count <= most; count += 1) {
        const watch = inspector.watch()
        const ended = await run(['-c', config, 'mirror'], {})
        expect(await watch.stop()).toEqual([])
        sweeps += watch.sweeps()
        const missing = inspector.missing(truth)
        expect(strayLines(ended.stderr)).toEqual([])
        // 0 means that nothing is missing, and nothing else does.
        expect({ code: ended.code, missing }, ended.stderr.slice(-3000)).toEqual(
          ended.code === 0
            ? { code: 0, missing: [] }
            : { code: expect.toBeOneOf([1, 7]) as number, missing: expect.anything() as string[] },
        )
        expect(inspector.leftovers().filter((key) => key.includes('/tmp/'))).toEqual([])
        complete = ended.code === 0
        runs.push(`${(ended.ms / 1000).toFixed(1)} s, exit ${ended.code}, ${missing.length} lacking`)
      }
      const faults = [...upstream.stats.values()].reduce((sum, count) => sum + count, 0)
      soak.say(
        'faults',
        `${rate * 100} % of requests: complete after ${runs.length} runs (${runs.join('; ')}); ` +
          `${faults} faults of ${upstream.stats.size} kinds, ${sweeps} sweeps, nothing wrong seen`,
      )
      expect(complete, runs.join('\n')).toBe(true)
      expect(inspector.leftovers()).toEqual([])
    })
  })
}
