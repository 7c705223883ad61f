import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { systemCode } from '../../errors.js'
import { callOf } from './steps.js'
import type { Steps } from './steps.js'

const openLater: (path: string, flags: string | number, mode?: number) => Promise<number> = promisify(fs.open)
const writeLater = promisify((fd: number, bytes: Uint8Array, done: (error: Error | null, written: number) => void) =>
  fs.write(fd, bytes, done),
)
const readLater = promisify((fd: number, buffer: Uint8Array, done: (error: Error | null, read: number) => void) =>
  fs.read(fd, buffer, 0, buffer.length, null, done),
)

export const open = callOf(
  (path: string, flags: string | number, mode?: number) => fs.openSync(path, flags, mode),
  openLater,
)
export const close = callOf((fd: number) => fs.closeSync(fd), promisify(fs.close))
/** Reads from where the last read ended. Returns the number of bytes. */
export const read = callOf((fd: number, buffer: Uint8Array) => fs.readSync(fd, buffer), readLater)
const write = callOf((fd: number, bytes: Uint8Array) => fs.writeSync(fd, bytes), writeLater)
export const fstat = callOf(
  (fd: number) => fs.fstatSync(fd),
  (fd: number) => promisify(fs.fstat)(fd),
)
export const fchmod = callOf((fd: number, mode: number) => fs.fchmodSync(fd, mode), promisify(fs.fchmod))
/** Sets access and modification time, in seconds or as text of seconds. */
export const futimes = callOf(
  (fd: number, time: string | number) => fs.futimesSync(fd, time, time),
  (fd: number, time: string | number) => promisify(fs.futimes)(fd, time, time),
)
export const utimes = callOf(
  (path: string, time: string | number) => fs.utimesSync(path, time, time),
  (path: string, time: string | number) => fs.promises.utimes(path, time, time),
)
export const mkdir = callOf(
  (path: string) => fs.mkdirSync(path),
  (path: string) => fs.promises.mkdir(path),
)
export const rename = callOf(fs.renameSync, (from: fs.PathLike, to: fs.PathLike) => fs.promises.rename(from, to))
export const unlink = callOf(fs.unlinkSync, (path: fs.PathLike) => fs.promises.unlink(path))
export const symlink = callOf(
  (target: string, path: string) => fs.symlinkSync(target, path),
  (target: string, path: string) => fs.promises.symlink(target, path),
)
export const lstat = callOf(
  (path: string) => fs.lstatSync(path),
  (path: string) => fs.promises.lstat(path),
)
/** undefined where there is nothing */
export const stat = callOf(
  (path: string) => fs.statSync(path, { throwIfNoEntry: false }),
  (path: string) => fs.promises.stat(path).catch(nothingThere),
)
export const readFile = callOf(
  (path: string) => fs.readFileSync(path),
  (path: string) => fs.promises.readFile(path),
)
function nothingThere(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
}

export function* writeAll(fd: number, bytes: Uint8Array): Steps<void> {
  for (let written = 0; written < bytes.length;) written += yield* write(fd, bytes.subarray(written))
}

/** Removes a file. Nothing happens where there is none. */
export function* removeIfThere(path: string): Steps<void> {
  try {
    yield* unlink(path)
  } catch (error) {
    nothingThere(error)
  }
}
