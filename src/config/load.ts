import { readFileSync } from 'node:fs'
import { ConfigError, ConfigMissingError, errorText, systemCode } from '../errors.js'
import { checkNames, checkPlugins } from './check-names.js'
import { parseConfig } from './config-file.js'
import { readMirror } from './mirror.js'
import { OBSOLETE_PLUGINS } from './obsolete.js'
import { mirrorDefaults } from './options.js'
import type { Environment } from './proxy.js'
import { oneLine } from '../one-line.js'
import { readS3 } from './s3.js'
import type { Config, ConfigFile } from './types.js'

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(systemCode(error))

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

/** As 8.0 splits it: one name a line. */
function enabledNames(file: ConfigFile): string[] {
  return (file.get('plugins', 'enabled') ?? '').split('\n').filter((name) => name !== '')
}

/**
 * Reads and checks a bandersnatch.conf.
 * @param path as given by the user; relative paths in the file are relative to the current directory
 * @throws ConfigMissingError when there is no such file
 * @throws ConfigError of one line, for a file that cannot be read or a value that is not allowed
 */
export function loadConfig(path: string, options: { readonly env: Environment }): Config {
  const file = parseConfig(readText(path), path, mirrorDefaults())
  const named = enabledNames(file)
  const enabled = named.filter((name) => !OBSOLETE_PLUGINS.has(name))
  const warnings = [...checkNames(file, enabled), ...checkPlugins(file, named)]
  const mirror = readMirror(file, { env: options.env, warn: (message) => warnings.push(message) })
  return Object.freeze({
    path,
    file: Object.freeze(file),
    mirror: Object.freeze(mirror),
    s3: mirror.storageBackend === 's3' ? Object.freeze(readS3(file)) : undefined,
    enabledPlugins: Object.freeze(enabled),
    warnings: Object.freeze(warnings),
  })
}
