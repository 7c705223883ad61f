import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { excludesOf, LANES, untestedHere } from './test/helpers/lanes/lanes.js'

const missing = excludesOf(untestedHere())

export default defineConfig({
  test: {
    projects: Object.entries(LANES).map(([name, { include, exclude }]) => ({
      extends: true as const,
      test: {
        name,
        include: [...include],
        // Unit tests share a process: loading src/ again for each file would take longer than the tests.
        isolate: name !== 'unit',
        exclude: [...configDefaults.exclude, ...exclude, ...missing],
        globalSetup: ['test/helpers/lanes/build.ts', ...(name === 's3' ? ['test/helpers/lanes/s3.ts'] : [])],
      },
    })),
    reporters: ['default', './test/helpers/lanes/reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many tests wait for programs that they start: two at once pay even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
