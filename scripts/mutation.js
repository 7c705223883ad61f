// npm run mutation [-- FILE-OR-GLOB...]: changes the source in small ways (mutants) and runs the unit tests that reach
// each change. A mutant that no test notices ("Survived") is a line that nothing tests. Report: reports/mutation/.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOMS = ['model', 'packaging', 'mirror', 'storage/filesystem', 'filters'].map((room) => `src/${room}/**/*.ts`)
const files = process.argv.slice(2)
const mutate = files.length > 0 ? files : ROOMS
const stryker = join(import.meta.dirname, '..', 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
const { status } = spawnSync(process.execPath, [stryker, 'run', '--mutate', mutate.join(',')], { stdio: 'inherit' })
process.exit(status ?? 1)
