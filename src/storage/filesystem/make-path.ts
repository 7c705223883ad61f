import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { StorageError, systemCode } from '../../errors.js'
import { storageError } from './errors.js'

/**
 * Creates a directory and those above it. Node's own recursive mkdir never returns where mkdir answers ENOENT although
 * the parent is there: below /proc, an autofs mount without a server, a working directory that was removed.
 * @param doing for the message, before the path @throws StorageError, UnsafePathError
 */
export function makePath(path: string, doing: string): void {
  try {
    make(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw storageError(error, doing, path)
    throw new StorageError(`cannot ${doing} ${path}: no directory can be made there (ENOENT)`, { cause: error })
  }
}

function make(path: string): void {
  try {
    fs.mkdirSync(path)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST' || code === 'EISDIR') return assertDirectory(path)
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || fs.existsSync(parent)) throw error
    make(parent)
    try {
      fs.mkdirSync(path)
    } catch (second) {
      if (systemCode(second) !== 'EEXIST') throw second
      assertDirectory(path)
    }
  }
}

function assertDirectory(path: string): void {
  const found = fs.statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return
  throw Object.assign(new Error('not a directory'), { code: found === undefined ? 'ENOENT' : 'ENOTDIR' })
}
