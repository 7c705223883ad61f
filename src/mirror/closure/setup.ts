import { createHash } from 'node:crypto'
import type { LockedPackage } from '../../closure/locks/types.js'
import type { ClosureConfig, ConfigFile } from '../../config/types.js'
import { readEnvironments, readSdistPolicy } from '../../filters/environments.js'
import { readWanted } from './roots.js'
import type { ClosureSetup } from './types.js'

export interface SetupOptions {
  readonly file: ConfigFile
  readonly closure: ClosureConfig
  /** absolute; what relative paths of requirements and lock files start from */
  readonly directory: string
}

/** Reads all that [closure] names: environments, requirements, lock files. @throws ConfigError */
export function readSetup({ file, closure, directory }: SetupOptions): ClosureSetup {
  const { versions, buildRequires, limit, missing } = closure
  const wanted = readWanted({ file, closure, directory })
  const environments = readEnvironments(file)
  if (environments.length === 0 && wanted.roots.length > 0) {
    const what =
      'needs an environment in [environments]; the command `bandersnatch environments` prints the one of a machine'
    throw file.invalid('closure', closure.roots === 'allowlist' ? 'roots' : 'lock-files', what)
  }
  const options = { environments, versions, sdists: readSdistPolicy(file), buildRequires, limit }
  const asked = [
    environments.map(({ name, text }) => [name, text]),
    [versions, options.sdists, buildRequires],
    wanted.roots.map(({ line }) => line).sort(),
    [...wanted.locked].map(([name, packages]) => [name, lockedKey(packages)]).sort(),
  ]
  return {
    ...wanted,
    options,
    toleratesMissing: missing === 'warn',
    fingerprint: createHash('sha256').update(JSON.stringify(asked)).digest('hex'),
  }
}

/** Equal for the same pins, wherever they stand. */
export function lockedKey(packages: readonly LockedPackage[]): string {
  return JSON.stringify(
    packages.map(({ version, files }) => [version, files.map(({ name, hashes }) => [name, ...hashes])]),
  )
}
