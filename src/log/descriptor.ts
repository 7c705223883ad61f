import { writeSync } from 'node:fs'
import { systemCode } from '../errors.js'

/** Takes whole lines; never throws. */
export interface LineWriter {
  write(text: string): void
}

export interface DescriptorOptions {
  readonly lost?: (count: number) => string
  readonly patienceMs?: number
}

/** How long one write waits for a reader that does not read. Longer would look like a program that hangs. */
const PATIENCE_MS = 5_000
const PAUSE_MS = 10

/** What tells that nobody will ever read again. */
const GONE = new Set(['EPIPE', 'EBADF', 'EIO', 'ENXIO', 'ECONNRESET', 'ENOTCONN'])

/**
 * Writes to an open file descriptor at once: a line is out before the program goes on, even if that is its end.
 * A pipe or terminal that is full (EAGAIN) is waited for; where that takes too long, lines are dropped until it takes
 * them again, and counted. What is read by nobody (EPIPE) is dropped for good.
 * @param options.lost the line that says how many are missing
 */
export function createDescriptorWriter(fd: number, options: DescriptorOptions = {}): LineWriter {
  const { lost, patienceMs = PATIENCE_MS } = options
  /** the end of a line of which the reader took a part */
  let rest: Buffer = Buffer.alloc(0)
  let stalled = false
  let dropped = 0
  let gone = false

  const flush = (): void => {
    const deadline = performance.now() + (stalled ? 0 : patienceMs)
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        const code = systemCode(error)
        gone = GONE.has(code)
        // Full disks and the like: the next line may fare better.
        if (code !== 'EAGAIN' && code !== 'EINTR') rest = Buffer.alloc(0)
        else if (performance.now() < deadline) pause()
        else {
          stalled = true
          return
        }
      }
    }
    stalled = false
  }

  return {
    write(text) {
      if (gone) return
      flush()
      if (stalled) {
        dropped += 1
        return
      }
      const missing = dropped > 0 && lost !== undefined ? lost(dropped) : ''
      dropped = 0
      rest = Buffer.from(missing + text)
      // What could not be finished now is finished before the next line.
      flush()
    },
  }
}

/** Sleeps without giving other work a turn, as a blocking write would. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
}
