import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const at = (...path: string[]): string => join(ROOT, ...path)

/** Directories count too: a file that was deleted is a change. */
function newest(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name))
  return Math.max(...[directory, ...entries].map((path) => statSync(path).mtimeMs))
}

/** Builds dist/ when src/ is newer: worker threads and tests of the program run what is there. `npm run check` checks types. */
export default function build(): void {
  // Stryker changes src/ in a copy of the project that has dist/ already.
  if (process.env['STRYKER_MUTATOR_WORKER'] !== undefined) return
  const built = at('dist', 'cli.js')
  const changed = Math.max(newest(at('src')), statSync(at('tsconfig.json')).mtimeMs)
  if (existsSync(built) && statSync(built).mtimeMs > changed) return
  rmSync(at('dist'), { recursive: true, force: true })
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '-p', at('tsconfig.build.json'), '--noCheck', '--declaration', 'false'], {
    stdio: 'inherit',
  })
}
