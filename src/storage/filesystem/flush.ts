import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { StorageError } from '../../errors.js'

const run = promisify(execFile)

/**
 * Puts everything written so far on disk: one syncfs for each file system. Node has no call for it, coreutils'
 * `sync -f` does just that. `directories`: one on each file system. @throws StorageError when a disk did not take it all
 */
export async function flushFileSystems(directories: readonly string[]): Promise<void> {
  try {
    // Its words are to be understood in any country.
    await run('env', ['LC_ALL=C', 'sync', '-f', ...directories])
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    if (/^sync: error /m.test(said)) throw new StorageError(`cannot flush to disk: ${said.replaceAll('\n', '; ')}`)
    await flushWithout(directories)
  }
}

/** Where there is no such `sync`: one that flushes everything, or at least the directories, as far as the system lets us. */
async function flushWithout(directories: readonly string[]): Promise<void> {
  try {
    await run('sync')
  } catch {
    directories.forEach(flushDirectory)
  }
}

function flushDirectory(directory: string): void {
  try {
    const fd = fs.openSync(directory, 'r')
    fs.fsyncSync(fd)
    fs.closeSync(fd)
  } catch {
    // Windows opens no directories; there the guarantee is that of the file system itself.
  }
}
