import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many tests wait for programs that they start: two at once pay even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
