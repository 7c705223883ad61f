import { afterAll, describe } from 'vitest'
import { soakSize } from './size.js'
import type { Soak } from './size.js'

/**
 * A part of the soak: short with `npm test`, with SOAK=full (`npm run test:soak`) in full. SOAK_SEED chooses other
 * faults, moments and documents. Prints its figures. Parts are files, as those run side by side.
 */
export function soakSuite(part: string, sections: readonly ((soak: Soak) => void)[]): void {
  const soak = soakSize(process.env)
  describe(`soak of ${part}, ${soak.full ? 'full' : 'short'} (seed ${soak.seed})`, () => {
    for (const section of sections) section(soak)
  })
  afterAll(() => {
    process.stdout.write(`${soak.figures.join('\n')}\n`)
  })
}
