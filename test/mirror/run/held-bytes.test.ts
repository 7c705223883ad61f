import { expect, it } from 'vitest'
import { createHeldBytes } from '../../../src/mirror/run/held-bytes.js'

it('no project begins while the documents of those under way are too large', async () => {
  const held = createHeldBytes(100)
  await held.room()
  const [first, second] = [held.hold(80), held.hold(30)]
  let begun = 0
  const others = [1, 2].map(async () => {
    await held.room()
    begun += 1
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(0)
  second()
  await Promise.all(others)
  expect(begun).toBe(2)
  first()
  await held.room()
})
