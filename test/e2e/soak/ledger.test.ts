import { expect, it } from 'vitest'
import { completeMirror } from './ledger-check.js'
import { createDraw } from './ledger-draw.js'
import { soakSize } from './size.js'
import { doStep } from './ledger-steps.js'
import { createWorld } from './ledger-world.js'

const STEPS = 12
const soak = soakSize(process.env)
const only = process.env['SEED']
const seeds =
  only === undefined
    ? Array.from({ length: soak.pick(10, 200) }, (_, at) => soak.seed * 1000 + at)
    : only.split(',').map(Number)

/** SEED=n,m repeats sequences; STEPS=0,3,4 leaves out all other steps of it. */
const chosen = process.env['STEPS']?.split(',').map(Number)

it.concurrent.each(seeds)(
  'whatever happened before, a completed run serves what a fresh mirror serves (SEED=%i)',
  { timeout: 300_000 },
  async (seed) => {
    const world = await createWorld()
    const done: string[] = []
    try {
      await completeMirror(world)
      for (let number = 0; number < STEPS; number += 1) {
        if (chosen?.includes(number) === false) continue
        const draw = createDraw(seed * 100 + number)
        done.push(`${number}: …`)
        done[done.length - 1] = `${number}: ${await doStep(world, draw)}`
      }
      await completeMirror(world)
    } catch (error) {
      if (error instanceof Error) error.message = `SEED=${seed}\n${done.join('\n')}\n${error.message}`
      throw error
    } finally {
      await world.close()
    }
    expect(done.length).toBeGreaterThan(0)
  },
)
