import { BandersnatchError, StorageError, UnsafePathError, systemCode } from '../../errors.js'

/** The text for each condition that ends a run. */
const FATAL: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'no space (or no inodes) left'],
  ['EDQUOT', 'disk quota used up'],
  ['EFBIG', 'larger than files may be here'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files in the system'],
  ['EIO', 'input/output error'],
  ['ESTALE', 'stale file handle'],
  ['ENOENT', 'the directory has vanished'],
  ['ENOTDIR', 'there is a file where a directory is needed'],
  ['ELOOP', 'there is a symbolic link in its place'],
  ['ENOMEM', 'out of memory'],
])

/** The error for a failed call: one line that says what failed, where and why. */
export function storageError(error: unknown, doing: string, path: string): BandersnatchError {
  if (error instanceof BandersnatchError) return error
  const code = systemCode(error)
  const reason = FATAL.get(code)
  if (reason !== undefined) return new StorageError(`cannot ${doing} ${path}: ${reason} (${code})`)
  if (code === 'ENAMETOOLONG') return new UnsafePathError(`cannot ${doing} ${path}: the name is too long`)
  if (code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST') {
    return new UnsafePathError(`cannot ${doing} ${path}: there is a directory in its place`)
  }
  return new StorageError(`cannot ${doing} ${path}`, { cause: error })
}
