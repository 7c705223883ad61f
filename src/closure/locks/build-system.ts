import { decodeUtf8 } from '../../python/decode.js'
import { isTable } from './fields.js'
import { parseToml } from './toml.js'

/** What pip installs where pyproject.toml does not say what a build needs (PEP 518). */
const DEFAULT = ['setuptools>=40.8.0']

/**
 * `build-system.requires` of a pyproject.toml.
 * @param bytes undefined: the sdist has none
 * @param file how messages call it
 * @throws LockFileError for what is not TOML
 * @throws UndecodableError for what is not UTF-8
 */
export function readBuildRequires(bytes: Buffer | undefined, file: string): string[] {
  if (bytes === undefined) return DEFAULT
  const system = parseToml(decodeUtf8(bytes), file)['build-system']
  const requires: unknown = isTable(system) ? system['requires'] : undefined
  if (!Array.isArray(requires)) return DEFAULT
  return requires.filter((line): line is string => typeof line === 'string')
}
