import * as fs from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { systemCode } from '../../errors.js'
import { LAYOUT } from '../../model/layout.js'
import type { Directories } from './directories.js'
import { storageError } from './errors.js'
import { holdsBytes, sameFiles, setTime } from './bytes.js'
import type { Caller } from './caller.js'
import { close, fchmod, open, readFile, removeIfThere, rename, stat, symlink, writeAll } from './calls.js'
import type { Steps } from './steps.js'

export interface Writer {
  /** Writes a page or state file, unless it holds these bytes already. */
  page(key: string, body: Uint8Array | string, isPrivate: boolean): Steps<void>
  /** Copies a page. The copy gets the mode that `cp` would give it, unless permissions are managed. */
  copy(key: string, source: string): Steps<void>
  stream(key: string, chunks: AsyncIterable<string> | Iterable<string>): Promise<void>
  /** Writes a release file whose bytes are known to be right. `time`: seconds since the epoch. */
  file(key: string, body: Uint8Array, time: number | undefined): Steps<void>
  /** Closes a finished partial file and gives it its name. */
  adopt(key: string, partial: { readonly fd: number; readonly path: string }, time: number | undefined): Steps<void>
  link(key: string, target: string): Steps<void>
}

export interface WriterOptions {
  readonly managePermissions: boolean
  readonly host: { readonly umask: number }
  /** what the names of temporary files begin with; another thread on the same directory needs another one */
  readonly temporary?: string
  /** takes the steps of what is written as a stream */
  readonly run: Caller['run']
}

const PUBLIC = 0o644
const PRIVATE = 0o600
const STREAM_CHUNK = 1 << 20

/** Larger pieces of the same text. What is there at once is not waited for: a root index has a million chunks. */
async function* pieces(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let piece = ''
  // A text is its own iterable, but no object.
  if (typeof chunks === 'string') piece = chunks
  else if (Symbol.iterator in chunks) {
    for (const chunk of chunks) {
      piece += chunk
      if (piece.length < STREAM_CHUNK) continue
      yield piece
      piece = ''
    }
  } else {
    for await (const chunk of chunks) {
      piece += chunk
      if (piece.length < STREAM_CHUNK) continue
      yield piece
      piece = ''
    }
  }
  yield piece
}

/**
 * Everything that puts bytes under a name. They are written to a file in `.bandersnatch/tmp/`, which no web server
 * serves and the next run empties; then the file is renamed. If `web/` is another file system, the temporary file lies
 * beside its target.
 */
export function createWriter(directories: Directories, options: WriterOptions): Writer {
  const { path, withParent } = directories
  const { umask } = options.host
  const { run, temporary: prefix = '' } = options
  let counter = 0
  let beside = false

  function besideName(key: string): string {
    counter += 1
    const name = `.${basename(key).slice(0, 200)}.${prefix}${counter.toString(36).padStart(8, '0')}`
    return join(dirname(path(key)), name)
  }

  function temporary(key: string): string {
    if (beside) return besideName(key)
    counter += 1
    return path(`${LAYOUT.own}/tmp/${prefix}${counter}`)
  }

  function* guarded<T>(doing: string, key: string, steps: Steps<T>): Steps<T> {
    try {
      return yield* steps
    } catch (error) {
      throw storageError(error, doing, path(key))
    }
  }

  /** Makes a file or link under a temporary name, then renames it. Leaves nothing behind when that fails. */
  function* placeOnce(key: string, make: (temp: string) => Steps<void>): Steps<void> {
    const temp = temporary(key)
    try {
      yield* make(temp)
      yield* rename(temp, path(key))
    } catch (error) {
      const isTaken = systemCode(error) === 'EEXIST'
      if (!isTaken) yield* removeIfThere(temp)
      if (systemCode(error) === 'EXDEV' && !beside) beside = true
      else if (!isTaken) throw error
      yield* placeOnce(key, make)
    }
  }

  function place(key: string, mode: number, fill: (fd: number) => Steps<void>): Steps<void> {
    function* make(temp: string): Steps<void> {
      const fd = yield* open(temp, 'wx', mode)
      try {
        yield* fill(fd)
        if ((mode & ~umask) !== mode) yield* fchmod(fd, mode)
      } finally {
        yield* close(fd)
      }
    }
    return guarded(
      'write',
      key,
      withParent(key, () => placeOnce(key, make)),
    )
  }

  /** Across file systems: a copy beside the target, then a rename, so that nobody sees half a file. */
  function* renameOrCopy(from: string, key: string): Steps<void> {
    try {
      yield* rename(from, path(key))
    } catch (error) {
      if (systemCode(error) !== 'EXDEV') throw error
      const near = besideName(key)
      try {
        fs.copyFileSync(from, near, fs.constants.COPYFILE_EXCL)
        const { atime, mtime } = fs.statSync(from)
        fs.utimesSync(near, atime, mtime)
        yield* rename(near, path(key))
      } catch (copyError) {
        fs.rmSync(near, { force: true })
        throw copyError
      }
      fs.rmSync(from)
    }
  }

  function* writeUnlessSame(key: string, bytes: Uint8Array, mode: number): Steps<void> {
    yield* directories.ensureParent(key)
    if (!(yield* holdsBytes(path(key), bytes, mode))) yield* place(key, mode, (fd) => writeAll(fd, bytes))
  }

  return {
    *page(key, body, isPrivate) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      let mode = PUBLIC
      // 8.0 makes its state files private, but keeps the mode that it finds.
      if (isPrivate) {
        const found = yield* guarded('look at', key, stat(path(key)))
        mode = (found?.mode ?? PRIVATE) & 0o7777
      }
      yield* writeUnlessSame(key, bytes, mode)
    },
    *copy(key, source) {
      const bytes = yield* guarded('read', source, readFile(path(source)))
      const mode = options.managePermissions ? PUBLIC : 0o666 & ~umask
      yield* writeUnlessSame(key, bytes, mode)
    },
    async stream(key, chunks) {
      let temp = ''
      try {
        const fd = await run(
          withParent(key, () => {
            temp = temporary(key)
            return open(temp, 'wx', PUBLIC)
          }),
        )
        try {
          for await (const piece of pieces(chunks)) await run(writeAll(fd, Buffer.from(piece)))
          fs.fchmodSync(fd, PUBLIC)
        } finally {
          fs.closeSync(fd)
        }
        if (sameFiles(temp, path(key), PUBLIC)) fs.rmSync(temp)
        else await run(withParent(key, () => renameOrCopy(temp, key)))
      } catch (error) {
        if (temp !== '') fs.rmSync(temp, { force: true })
        throw storageError(error, 'write', path(key))
      }
    },
    file: (key, body, time) =>
      place(key, PUBLIC, function* (fd) {
        yield* writeAll(fd, body)
        yield* setTime(fd, time)
      }),
    adopt(key, { fd, path: from }, time) {
      function* adopt(): Steps<void> {
        try {
          yield* setTime(fd, time)
          yield* fchmod(fd, PUBLIC)
        } finally {
          yield* close(fd)
        }
        yield* withParent(key, () => renameOrCopy(from, key))
      }
      return guarded('write', key, adopt())
    },
    link(key, target) {
      // Relative, so that a mirror that is moved or mounted elsewhere still serves its pages.
      const way = relative(dirname(path(key)), path(target))
      return guarded(
        'link',
        key,
        withParent(key, () => placeOnce(key, (temp) => symlink(way, temp))),
      )
    },
  }
}
