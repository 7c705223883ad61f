import { readSync } from 'node:fs'
import type { RandomAccessReader } from 'yauzl'
import type * as yauzl from 'yauzl'

/** Fills a buffer from a position in an open file, at once; throws where the file is shorter. */
export type ReadAt = (target: Buffer, position: number) => void

const WINDOW = 256 * 1024

/**
 * Reads a file through a window: an archive of 300,000 small entries is 900,000 reads of a few bytes, side by side.
 * @param fd an open file; the caller closes it
 */
export function createWindow(fd: number): ReadAt {
  const window = Buffer.allocUnsafe(WINDOW)
  let start = 0
  let end = 0
  return (target, position) => {
    const { length } = target
    if (length > WINDOW) {
      if (readSync(fd, target, 0, length, position) < length) throw tooShort()
      return
    }
    if (position < start || position + length > end) {
      start = position
      end = position + readSync(fd, window, 0, WINDOW, position)
    }
    if (position + length > end) throw tooShort()
    window.copy(target, 0, position - start, position - start + length)
  }
}

function tooShort(): Error {
  return new RangeError('the file ends too early')
}

/** The window in the form that yauzl reads from. The library wants a class of its own extended. */
export function createReader(zip: typeof yauzl, read: ReadAt): RandomAccessReader {
  class WindowReader extends zip.RandomAccessReader {
    override read(...[buffer, offset, length, position, callback]: Parameters<RandomAccessReader['read']>): void {
      try {
        read(buffer.subarray(offset, offset + length), position)
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)))
        return
      }
      callback(null)
    }
  }
  return new WindowReader()
}
