import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import type { LogFile } from './handlers.js'
import type { LineSink } from './types.js'

/** A log file under one path; what is at that path may be moved away. */
export interface OpenLogFile extends LineSink {
  /** bytes in it */
  size(): number
  /** Lets go of the file, does something with it, and begins a new one with the next line. */
  renew(put: () => void): void
}

/**
 * A log file that is written at once, line by line. A line that cannot be written (full disk) is lost, the run is not.
 * @throws Error when it cannot be opened
 */
export function openLogFile(file: LogFile & { readonly watched?: boolean }): OpenLogFile {
  let append = file.append
  let fd: number | undefined
  const open = (): number => {
    fd ??= openSync(file.path, append ? 'a' : 'w')
    // Opened again it is never emptied a second time.
    append = true
    return fd
  }
  const close = (): void => {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }
  const movedAway = (): boolean => {
    if (fd === undefined) return false
    const there = statSync(file.path, { throwIfNoEntry: false })
    const held = fstatSync(fd)
    return there === undefined || there.ino !== held.ino || there.dev !== held.dev
  }
  if (!file.delay) open()
  return {
    write(line) {
      try {
        if (file.watched === true && movedAway()) close()
        writeAll(open(), Buffer.from(`${line}\n`))
      } catch {
        // Nothing that a log could say about its own failing would be read.
      }
    },
    size: () => fstatSync(open()).size,
    renew(put) {
      close()
      put()
      if (!file.delay) open()
    },
    close,
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written)
}
