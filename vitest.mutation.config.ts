import { configDefaults, defineConfig } from 'vitest/config'
import { LANES } from './test/helpers/lanes/lanes.js'

/** For Stryker: the unit lane without the tests of the repository itself, which read source text. */
export default defineConfig({
  test: {
    include: [...LANES.unit.include],
    exclude: [...configDefaults.exclude, ...LANES.unit.exclude, 'test/*.test.ts', 'test/config/docs.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
