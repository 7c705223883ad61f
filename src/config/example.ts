import { copyFileSync, constants } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError, errorText } from '../errors.js'
import { oneLine } from '../one-line.js'

/** bandersnatch.conf.example in the package's root, as seen from dist/config/ and from src/config/. */
export const EXAMPLE_PATH = fileURLToPath(new URL('../../bandersnatch.conf.example', import.meta.url))

/**
 * Writes the commented example to a path that does not exist yet.
 * @throws ConfigError when it cannot be written
 */
export function writeExample(path: string): void {
  try {
    copyFileSync(EXAMPLE_PATH, path, constants.COPYFILE_EXCL)
  } catch (error) {
    throw new ConfigError(`${oneLine(path)}: the example cannot be written: ${errorText(error)}`, { cause: error })
  }
}
