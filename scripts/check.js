// npm run check: format, lint, types, unused code, and the unit lane with its floors of coverage. About a minute on two quiet cores.
// Two steps at a time; the output of a step is shown when it fails.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const STEPS = [
  ['lint', 'eslint/bin/eslint.js', ['.']],
  ['types', 'typescript/bin/tsc', ['--noEmit']],
  ['format', 'prettier/bin/prettier.cjs', ['--check', '.']],
  ['unused code', 'knip/bin/knip.js', ['--no-progress']],
  ['unit tests', 'vitest/vitest.mjs', ['run', '--project', 'unit', '--coverage', '--reporter', 'dot']],
]

/** Runs one step to its end; true when it succeeded. */
function run([name, script, args]) {
  const started = performance.now()
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', script), ...args], { cwd: ROOT })
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(data))
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
      if (code !== 0) console.log(Buffer.concat(output).toString())
      resolve(code === 0)
    })
  })
}

const waiting = [...STEPS]
let good = true
async function work() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) good = (await run(step)) && good
}
await Promise.all([work(), work()])
process.exit(good ? 0 : 1)
