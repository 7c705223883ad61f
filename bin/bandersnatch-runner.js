#!/usr/bin/env node
import { runnerMain } from '../dist/runner.js'

process.exit(await runnerMain(process.argv.slice(2)))
