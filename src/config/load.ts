import { readFileSync } from 'node:fs'
import { ConfigError, ConfigMissingError, errorText } from '../errors.js'
import { readAttestations } from './attestations.js'
import { checkNames } from './check-names.js'
import { checkPlugins } from './check-plugins.js'
import { readClosure, readInstead } from './closure.js'
import { commentWarnings } from './comments.js'
import { parseConfig } from './config-file.js'
import { enabledPlugins } from './enabled.js'
import { mirrorDefaults, readMirror } from './mirror.js'
import type { PluginTable } from './option-spec.js'
import type { Environment } from './proxy.js'
import { oneLine } from '../one-line.js'
import { movedOptions, renamedWarnings, withMoves } from './renamed.js'
import { readS3 } from './s3.js'
import { sectionsWith } from './sections.js'
import type { Config } from './types.js'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

function readText(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if (isMissing(error)) throw new ConfigMissingError(`${oneLine(path)}: there is no such file`, { cause: error })
    throw new ConfigError(`${oneLine(path)}: cannot be read: ${errorText(error)}`, { cause: error })
  }
  try {
    // The parser itself skips a byte order mark.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new ConfigError(`${oneLine(path)}: is not UTF-8 text`, { cause: error })
  }
}

export interface LoadConfigOptions {
  /** what proxies are read from */
  readonly env: Environment
  /** the plugins that there are, with the options that they read */
  readonly plugins: PluginTable
}

/**
 * Reads and checks a bandersnatch.conf.
 * @param path as given by the user; relative paths in the file are relative to the current directory
 * @throws ConfigMissingError when there is no such file
 * @throws ConfigError of one line, for a file that cannot be read or a value that is not allowed
 */
export function loadConfig(path: string, { env, plugins }: LoadConfigOptions): Config {
  const written = parseConfig(readText(path), path, mirrorDefaults())
  const moved = movedOptions(written)
  const file = withMoves(written, moved.moves)
  const sections = sectionsWith(plugins)
  const enabled = enabledPlugins(file, plugins, moved.moves)
  const closure = readClosure(file)
  const warnings = [
    ...checkNames(written, sections, enabled.names),
    ...renamedWarnings(written, moved),
    ...enabled.warnings,
    ...checkPlugins(file, plugins, [...enabled.names, ...readInstead(closure)]),
    ...commentWarnings(written),
  ]
  const mirror = readMirror(file, { env, warn: (message) => warnings.push(message) })
  return Object.freeze({
    path,
    file: Object.freeze(file),
    sections,
    mirror: Object.freeze(mirror),
    attestations: Object.freeze(readAttestations(file, mirror)),
    s3: mirror.storageBackend === 's3' ? Object.freeze(readS3(file)) : undefined,
    closure: closure === undefined ? undefined : Object.freeze(closure),
    enabledPlugins: Object.freeze(enabled.names),
    warnings: Object.freeze(warnings),
  })
}

/**
 * As loadConfig, for commands that need a mirror that is there: for them a missing file is a mistyped path and nothing to
 * begin with. @throws ConfigError
 */
export function loadExistingConfig(path: string, options: LoadConfigOptions): Config {
  try {
    return loadConfig(path, options)
  } catch (error) {
    if (!(error instanceof ConfigMissingError)) throw error
    throw new ConfigError(`${error.message}; is the path after -c right?`, { cause: error.cause })
  }
}
