import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { engine, listedNames, servedFiles } from '../../helpers/engine.js'
import type { Engine, EngineOptions } from '../../helpers/engine.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import { wheel } from '../../helpers/index/index.js'

export const FLAGS = { forceCheck: false, allowRemovals: false, retryFailed: false }
export const ENVIRONMENTS = '[environments]\nlinux = cp311 manylinux_2_28_x86_64\nwin = cp313 win_amd64\n'

/** Sections that mirror what these requirements need. */
export function closureOf(packages: readonly string[], options = '', environments = ENVIRONMENTS): string {
  const lines = packages.map((line) => `    ${line}\n`).join('')
  return `[closure]\nroots = allowlist\n${options}\n[allowlist]\npackages =\n${lines}${environments}`
}

/** Runs `mirror` with a context of its own, as a program does. */
export async function mirror(options: EngineOptions, flags: Partial<typeof FLAGS> = {}): Promise<Engine> {
  const run = await engine(options)
  await runMirror(run, { ...FLAGS, ...flags })
  return run
}

/** Adds a release with one pure wheel. */
export function release(
  index: PackageIndex,
  name: string,
  version: string,
  requiresDist: readonly string[] = [],
): void {
  index.publish(name, version, [wheel({ name, version, requiresDist })])
}

/** What a mirror serves: project -> filenames. */
export function served(run: Engine): Record<string, readonly string[]> {
  return Object.fromEntries(listedNames(run).map((name) => [name, servedFiles(run, name).sort()]))
}

/** Everything that installers are served, and what is stored of release files. */
export function content(run: Engine): Record<string, string | undefined> {
  return Object.fromEntries(run.keys(/^web\/(?:simple|packages)/).map((key) => [key, run.text(key)]))
}

/** A directory with files, removed when the test ends. */
export function directoryWith(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'closure-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}
