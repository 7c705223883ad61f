import { CLOSURE_OPTIONS } from './options/closure.js'
import type { ClosureConfig, ConfigFile } from './types.js'
import { readOptions } from './values.js'

/** Reads and checks the [closure] section; undefined where it asks for nothing. @throws ConfigError */
export function readClosure(file: ConfigFile): ClosureConfig | undefined {
  const { roots, lockFiles: listed, ...others } = readOptions(file, 'closure', CLOSURE_OPTIONS)
  const lines = listed?.split('\n') ?? []
  const lockFiles = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  if (roots === 'none' && lockFiles.length === 0) return undefined
  return { ...others, roots, lockFiles }
}

/** Plugins whose options the closure reads itself: they need not be enabled. */
export function readInstead(closure: ClosureConfig | undefined): readonly string[] {
  if (closure === undefined) return []
  return closure.roots === 'allowlist'
    ? ['environments', 'allowlist_project', 'project_requirements']
    : ['environments']
}
