import * as fs from 'node:fs'
import { dirname, basename, join } from 'node:path'
import { LAYOUT } from '../../model/layout.js'
import { utimesArgument } from '../../python/timestamp.js'
import type { Directories } from './directories.js'
import { errorCode, storageError } from './errors.js'

export interface Writer {
  /** A page or state file; not touched when it holds these bytes already. */
  page(key: string, body: Uint8Array | string, isPrivate: boolean): void
  /** A second copy of a page, with the mode that `cp` would give it unless permissions are managed. */
  copy(key: string, source: string): void
  stream(key: string, chunks: AsyncIterable<string> | Iterable<string>): Promise<void>
  /** A release file whose bytes are known to be right. `time`: seconds since the epoch. */
  file(key: string, body: Uint8Array, time: number | undefined): void
  /** Gives a finished partial file its name. */
  adopt(fd: number, from: string, key: string, time: number | undefined): void
  link(key: string, target: string): void
}

const PUBLIC = 0o644
const PRIVATE = 0o600
const STREAM_CHUNK = 1 << 20

/**
 * Everything that puts bytes under a name: written under `.bandersnatch/tmp/`, where no web server looks and the next
 * run cleans up, then renamed. Where `web/` is another file system the temporary file lies beside its target.
 */
export function createWriter(
  directories: Directories,
  options: {
    readonly managePermissions: boolean
    readonly host: { readonly umask: number }
    readonly temporary?: string
  },
): Writer {
  const { path, ensureParent } = directories
  const { umask } = options.host
  const { temporary: prefix = '' } = options
  let counter = 0
  let beside = false

  function temporary(key: string): string {
    counter += 1
    if (beside)
      return join(
        dirname(path(key)),
        `.${basename(key).slice(0, 200)}.${prefix}${counter.toString(36).padStart(8, '0')}`,
      )
    return path(`${LAYOUT.own}/tmp/${prefix}${counter}`)
  }

  /** Writes with `fill` under a temporary name, then renames. Leaves nothing behind when it fails. */
  function place(key: string, mode: number, fill: (fd: number) => void): void {
    const temp = temporary(key)
    try {
      const fd = fs.openSync(temp, 'wx', mode)
      try {
        fill(fd)
        if ((mode & ~umask) !== mode) fs.fchmodSync(fd, mode)
      } finally {
        fs.closeSync(fd)
      }
      fs.renameSync(temp, path(key))
    } catch (error) {
      fs.rmSync(temp, { force: true })
      if (errorCode(error) === 'EXDEV' && !beside) {
        beside = true
        return place(key, mode, fill)
      }
      if (errorCode(error) === 'EEXIST') return place(key, mode, fill)
      throw storageError(error, 'write', path(key))
    }
  }

  /** The mode of what stands there when it holds the same bytes; undefined when it does not. */
  function sameBytes(key: string, body: Uint8Array): number | undefined {
    let fd: number
    try {
      fd = fs.openSync(path(key), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
    } catch {
      return undefined
    }
    try {
      const stat = fs.fstatSync(fd)
      if (!stat.isFile() || stat.size !== body.length) return undefined
      return fs.readFileSync(fd).equals(body) ? stat.mode & 0o7777 : undefined
    } finally {
      fs.closeSync(fd)
    }
  }

  return {
    page(key, body, isPrivate) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      ensureParent(key)
      let mode = PUBLIC
      // 8.0 makes its state files private, but keeps the mode that it finds.
      if (isPrivate) mode = (fs.statSync(path(key), { throwIfNoEntry: false })?.mode ?? PRIVATE) & 0o7777
      if (sameBytes(key, bytes) === mode) return
      place(key, mode, (fd) => writeAll(fd, bytes))
    },
    copy(key, source) {
      ensureParent(key)
      const bytes = fs.readFileSync(path(source))
      const mode = options.managePermissions ? PUBLIC : 0o666 & ~umask
      if (sameBytes(key, bytes) === mode) return
      place(key, mode, (fd) => writeAll(fd, bytes))
    },
    async stream(key, chunks) {
      ensureParent(key)
      const temp = temporary(key)
      try {
        const fd = fs.openSync(temp, 'wx', PUBLIC)
        try {
          let pending = ''
          for await (const chunk of chunks) {
            pending += chunk
            if (pending.length < STREAM_CHUNK) continue
            writeAll(fd, Buffer.from(pending))
            pending = ''
          }
          writeAll(fd, Buffer.from(pending))
          fs.fchmodSync(fd, PUBLIC)
        } finally {
          fs.closeSync(fd)
        }
        if (sameFiles(temp, path(key))) fs.rmSync(temp)
        else renameOrCopy(temp, path(key))
      } catch (error) {
        fs.rmSync(temp, { force: true })
        throw storageError(error, 'write', path(key))
      }
    },
    file(key, body, time) {
      ensureParent(key)
      place(key, PUBLIC, (fd) => {
        writeAll(fd, body)
        setTime(fd, time)
      })
    },
    adopt(fd, from, key, time) {
      setTime(fd, time)
      fs.fchmodSync(fd, PUBLIC)
      renameOrCopy(from, path(key))
    },
    link(key, target) {
      ensureParent(key)
      const temp = temporary(key)
      try {
        fs.symlinkSync(path(target), temp)
        fs.renameSync(temp, path(key))
      } catch (error) {
        fs.rmSync(temp, { force: true })
        throw storageError(error, 'link', path(key))
      }
    },
  }
}

function setTime(fd: number, time: number | undefined): void {
  if (time === undefined) return
  const argument = utimesArgument(time)
  fs.futimesSync(fd, argument, argument)
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.length) written += fs.writeSync(fd, bytes, written)
}

/** Across file systems: a copy beside the target, then a rename, so that nobody sees half a file. */
function renameOrCopy(from: string, to: string): void {
  try {
    fs.renameSync(from, to)
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error
    const near = join(dirname(to), `.${basename(to).slice(0, 200)}.00000000`)
    fs.copyFileSync(from, near)
    const { atime, mtime } = fs.statSync(from)
    fs.utimesSync(near, atime, mtime)
    fs.renameSync(near, to)
    fs.rmSync(from)
  }
}

function sameFiles(a: string, b: string): boolean {
  const stat = fs.lstatSync(b, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size !== fs.statSync(a).size || (stat.mode & 0o777) !== PUBLIC)
    return false
  const [x, y] = [fs.openSync(a, 'r'), fs.openSync(b, 'r')]
  const [left, right] = [Buffer.allocUnsafe(STREAM_CHUNK), Buffer.allocUnsafe(STREAM_CHUNK)]
  try {
    for (;;) {
      const read = fs.readSync(x, left)
      if (fs.readSync(y, right) !== read || !left.subarray(0, read).equals(right.subarray(0, read))) return false
      if (read === 0) return true
    }
  } finally {
    fs.closeSync(x)
    fs.closeSync(y)
  }
}
