#!/usr/bin/env node
'use strict'
const { checkNodeVersion } = require('./node-version.js')

checkNodeVersion()
// So many calls to a slow file system help. Node reads it before the first line of an ECMAScript module, so this is none.
process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '32'
// Only now: an older Node.js cannot even read the program.
import('../dist/runner.js').then(async ({ runnerMain }) => process.exit(await runnerMain(process.argv.slice(2))))
