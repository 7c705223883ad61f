import { decodeRequirements, decodeUtf8, UndecodableError } from '../../python/decode.js'
import { errorText } from '../../errors.js'
import { createCollector } from './collect.js'
import { readPdmLock } from './pdm.js'
import { readPoetryLock } from './poetry.js'
import { readPylock } from './pylock.js'
import { readRequirements } from './requirements.js'
import { parseToml } from './toml.js'
import type { LockContent, LockFormat } from './types.js'
import { LockFileError } from './types.js'
import { readUvLock } from './uv.js'

const TOML_READERS = { uv: readUvLock, pylock: readPylock, poetry: readPoetryLock, pdm: readPdmLock } as const

/** The format that a file's name tells: every name that is none of a lock file's is that of a requirements file. */
export function lockFormat(path: string): LockFormat {
  const name = path.split('/').at(-1) ?? ''
  if (name === 'uv.lock') return 'uv'
  if (name === 'poetry.lock') return 'poetry'
  if (name === 'pdm.lock') return 'pdm'
  return /^pylock\.(?:[^.]+\.)?toml$/.test(name) ? 'pylock' : 'requirements'
}

/**
 * Reads uv.lock, pylock.toml, poetry.lock, pdm.lock or a requirements file with those that it includes.
 * What a mirror cannot follow comes back as warnings.
 * @param read the bytes of a file, undefined if there is none; paths are relative to the same directory as `path`
 * @throws LockFileError with file and line
 */
export function readLockFile(path: string, read: (path: string) => Buffer | undefined): LockContent {
  const format = lockFormat(path)
  const collector = createCollector()
  if (format === 'requirements') {
    readRequirements(path, (each) => textOf(each, read, decodeRequirements), collector)
  } else {
    const text = textOf(path, read, decodeUtf8)
    if (text === undefined)
      throw new LockFileError('unreadable', { file: path, line: undefined }, 'there is no such file')
    TOML_READERS[format](parseToml(text, path), { file: path, text }, collector)
  }
  return collector.content(format)
}

function textOf(
  path: string,
  read: (path: string) => Buffer | undefined,
  decode: (bytes: Buffer) => string,
): string | undefined {
  const bytes = read(path)
  try {
    return bytes && decode(bytes)
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error
    throw new LockFileError('syntax', { file: path, line: undefined }, errorText(error), { cause: error })
  }
}
