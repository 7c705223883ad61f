import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { StorageError } from '../../errors.js'

const run = promisify(execFile)

/**
 * Writes everything to disk, with one syncfs for each file system. Node has no call for it; `sync -f` of coreutils does it.
 * @param directories one on each file system
 * @throws StorageError when a disk could not write everything
 */
export async function flushFileSystems(directories: readonly string[]): Promise<void> {
  try {
    // Its messages are parsed below, so they must not be translated.
    await run('env', ['LC_ALL=C', 'sync', '-f', ...directories])
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    if (/^sync: error /m.test(said)) throw new StorageError(`cannot flush to disk: ${said.replaceAll('\n', '; ')}`)
    await flushWithout(directories)
  }
}

/** Without such a `sync`: flushes all file systems, or at least the directories as far as the system allows it. */
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
    // Windows cannot open directories; there the guarantee is that of the file system itself.
  }
}
