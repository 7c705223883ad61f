import { planMirror } from '../../../src/mirror/dry-run.js'
import type { DryRun } from '../../../src/mirror/dry-run.js'
import { runMirror } from '../../../src/mirror/mirror.js'
import { runSync } from '../../../src/mirror/sync.js'
import { runVerify } from '../../../src/mirror/verify.js'
import { engine, NOW, servedFiles } from '../../helpers/engine.js'
import type { Engine, EngineOptions } from '../../helpers/engine.js'

export const DAY = 24 * 3600_000

/** Days before or after NOW. */
export const day = (days: number): Date => new Date(NOW.getTime() + days * DAY)

const FLAGS = { forceCheck: false, allowRemovals: false, retryFailed: false }

export async function mirror(options: EngineOptions): Promise<Engine> {
  const run = await engine(options)
  await runMirror(run, FLAGS)
  return run
}

export async function dryRun(options: EngineOptions): Promise<DryRun> {
  return planMirror(await engine(options), { ...FLAGS, quick: false })
}

export async function sync(options: EngineOptions, ...names: string[]): Promise<Engine> {
  const run = await engine(options)
  await runSync(run, names, { writeRoot: true })
  return run
}

/** `verify --delete`, or what `flags` say. */
export async function verify(
  options: EngineOptions,
  flags: { readonly jsonUpdate?: boolean } = {},
): Promise<Engine & { readonly code: number }> {
  const run = await engine(options)
  const all = { delete: true, dryRun: false, jsonUpdate: false, restart: false, yes: true, ...flags }
  return Object.assign(run, { code: await runVerify(run, all) })
}

/** The versions that a project's JSON page has, from the names of its wheels. */
export function versions(run: Engine, name: string): string[] {
  return servedFiles(run, name).map((filename) => filename.split('-')[1] ?? '')
}

/** Names of the stored release files of a project. */
export function stored(run: Engine, name: string): string[] {
  return run.keys(new RegExp(`/${name}-[^/]*\\.whl$`)).map((key) => key.slice(key.lastIndexOf('/') + 1))
}
