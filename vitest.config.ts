import { configDefaults, defineConfig } from 'vitest/config'

// The soak runs on its own (`npm run test:soak`, or SOAK=short): it wants the machine for itself.
const soak = process.env['SOAK'] === undefined ? ['test/e2e/soak/**'] : []

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...soak],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
})
