import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { excludesOf, LANES, untestedHere } from './test/helpers/lanes/lanes.js'

const missing = excludesOf(untestedHere())

/** The least share of lines that the unit lane must reach in each room, in percent. `npm run coverage` prints it. */
const FLOORS = {
  advisories: 95,
  attestations: 95,
  closure: 90,
  commands: 65,
  // interpreter.ts starts a Python, which the unit lane may not need.
  config: 97,
  filters: 98,
  log: 93,
  mirror: 92,
  model: 80,
  packaging: 93,
  python: 98,
  report: 73,
  serve: 91,
  simple: 99,
  // The tests of storage/s3 are in the s3 lane.
  'storage/filesystem': 80,
  upstream: 93,
}

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
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['json-summary', 'html'],
      reportOnFailure: true,
      thresholds: Object.fromEntries(Object.entries(FLOORS).map(([room, lines]) => [`src/${room}/**`, { lines }])),
    },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Many tests wait for programs that they start: two at once pay even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
