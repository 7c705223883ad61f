#!/usr/bin/env node
import { checkNodeVersion } from './node-version.js'

checkNodeVersion()
// Only now: an older Node.js cannot even read the program.
const { main } = await import('../dist/cli.js')
process.exit(await main(process.argv.slice(2)))
