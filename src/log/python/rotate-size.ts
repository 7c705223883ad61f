import { renameSync, rmSync, statSync } from 'node:fs'
import type { LogFile } from './handlers.js'
import type { LineSink } from './types.js'
import { openLogFile } from './file.js'

/**
 * Python's RotatingFileHandler: a file that a line would make `maxBytes` long or longer becomes `.1`, and `.1` becomes
 * `.2`; the one after `backupCount` is gone.
 * @throws Error when the file cannot be opened
 */
export function rotateBySize(target: LogFile & { readonly maxBytes: number; readonly backupCount: number }): LineSink {
  const { path, maxBytes, backupCount } = target
  const file = openLogFile(target)
  const isFull = (line: string): boolean => {
    if (maxBytes <= 0 || backupCount <= 0) return false
    const found = statSync(path, { throwIfNoEntry: false })
    if (found !== undefined && !found.isFile()) return false
    // As Python has it, the line counts by its characters, and an empty file is never put aside.
    const size = file.size()
    return size > 0 && size + [...line].length + 1 >= maxBytes
  }
  const shift = (): void => {
    for (let number = backupCount - 1; number > 0; number--) moveOver(`${path}.${number}`, `${path}.${number + 1}`)
    moveOver(path, `${path}.1`)
  }
  return {
    write(line, record) {
      try {
        if (isFull(line)) file.renew(shift)
      } catch {
        // A file that cannot be put aside grows on.
      }
      file.write(line, record)
    },
    close: () => file.close(),
  }
}

/** Renames, over what is there; no file is no error. */
export function moveOver(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) === undefined) return
  rmSync(to, { force: true })
  renameSync(from, to)
}
