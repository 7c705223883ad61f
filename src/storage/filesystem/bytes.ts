import * as fs from 'node:fs'
import { utimesArgument } from '../../python/timestamp.js'
import { close, fstat, futimes, open, read } from './calls.js'
import type { Steps } from './steps.js'

const CHUNK = 1 << 20

/** Sets the modification time. `time`: seconds since the epoch; undefined leaves it as it is. */
export function* setTime(fd: number, time: number | undefined): Steps<void> {
  if (time !== undefined) yield* futimes(fd, utimesArgument(time))
}

/** Whether a regular file has these bytes and this mode. A symbolic link is not followed. */
export function* holdsBytes(path: string, bytes: Uint8Array, mode: number): Steps<boolean> {
  let fd: number
  try {
    fd = yield* open(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
  } catch {
    return false
  }
  try {
    const stat = yield* fstat(fd)
    if (!stat.isFile() || stat.size !== bytes.length || (stat.mode & 0o7777) !== mode) return false
    // One byte more, as the file may have grown.
    const found = Buffer.allocUnsafe(bytes.length + 1)
    let length = 0
    for (let more = -1; more !== 0 && length < found.length; length += more) {
      more = yield* read(fd, found.subarray(length))
    }
    return found.subarray(0, length).equals(bytes)
  } finally {
    yield* close(fd)
  }
}

/** Whether the regular file `b` has the bytes of `a` and this mode. */
export function sameFiles(a: string, b: string, mode: number): boolean {
  const stat = fs.lstatSync(b, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size !== fs.statSync(a).size || (stat.mode & 0o777) !== mode)
    return false
  const [x, y] = [fs.openSync(a, 'r'), fs.openSync(b, 'r')]
  const [left, right] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)]
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
