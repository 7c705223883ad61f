#!/usr/bin/env node
import { checkNodeVersion } from './node-version.js'

checkNodeVersion()
// Only now: an older Node.js cannot even read the program.
const { runnerMain } = await import('../dist/runner.js')
process.exit(await runnerMain(process.argv.slice(2)))
