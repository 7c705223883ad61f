import * as fs from 'node:fs'
import { utimesArgument } from '../../python/timestamp.js'

const CHUNK = 1 << 20

/** Sets the modification time. `time`: seconds since the epoch; undefined leaves it as it is. */
export function setTime(fd: number, time: number | undefined): void {
  if (time === undefined) return
  const argument = utimesArgument(time)
  fs.futimesSync(fd, argument, argument)
}

export function writeAll(fd: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.length) written += fs.writeSync(fd, bytes, written)
}

/** Whether a regular file has these bytes and this mode. A symbolic link is not followed. */
export function holdsBytes(path: string, bytes: Uint8Array, mode: number): boolean {
  let fd: number
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
  } catch {
    return false
  }
  try {
    const stat = fs.fstatSync(fd)
    if (!stat.isFile() || stat.size !== bytes.length || (stat.mode & 0o7777) !== mode) return false
    return fs.readFileSync(fd).equals(bytes)
  } finally {
    fs.closeSync(fd)
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
