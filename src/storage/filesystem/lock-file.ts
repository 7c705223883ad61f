import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { systemCode } from '../../errors.js'
import type { LockObjects } from '../lock-claim.js'
import { storageError } from './errors.js'
import { makePath } from './make-path.js'

/**
 * Lock files. One is created only where none is, and replaced by renaming another file over it, so there is no moment
 * without a lock. @throws StorageError
 * @param path the absolute path of a key
 */
export function lockFiles(path: (key: string) => string): LockObjects {
  const guarded = <T>(doing: string, key: string, run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw storageError(error, doing, path(key))
    }
  }
  return {
    create: async (key, text) =>
      guarded('write', key, () => {
        try {
          fs.writeFileSync(path(key), text, { flag: 'wx' })
          return undefined
        } catch (error) {
          if (systemCode(error) === 'EEXIST') return Date.now()
          throw error
        }
      }),
    read: async (key) =>
      guarded('read', key, () => {
        const text = readOr(path(key), readLock)
        const stat = fs.lstatSync(path(key), { throwIfNoEntry: false })
        return stat === undefined ? undefined : { text, modified: stat.mtimeMs }
      }),
    write: async (key, text) => guarded('write', key, () => replace(path(key), text)),
    remove: async (key) => guarded('remove', key, () => fs.rmSync(path(key), { force: true })),
  }
}

/** The text of a lock. A symbolic link is not followed. */
export function readLock(path: string): string {
  const { O_RDONLY, O_NOFOLLOW } = fs.constants
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW)
  try {
    return fs.readFileSync(fd, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'EISDIR') return readOr(holderFile(path), (file) => fs.readFileSync(file, 'utf8'))
    throw error
  } finally {
    fs.closeSync(fd)
  }
}

/** Version 1.0 made a directory, with a file beside it that names the holder. */
const holderFile = (path: string): string => `${path}-holder.json`

/** A file that cannot be read names nobody: then its time decides. */
export function readOr(path: string, read: (path: string) => string): string {
  try {
    return read(path)
  } catch {
    return ''
  }
}

function replace(path: string, text: string): void {
  const next = join(dirname(path), 'tmp', `lock-${randomUUID()}`)
  makePath(dirname(next), 'create the directory')
  fs.writeFileSync(next, text, { flag: 'wx' })
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    fs.rmSync(path, { recursive: true })
    fs.rmSync(holderFile(path), { force: true })
  }
  fs.renameSync(next, path)
}
