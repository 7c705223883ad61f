import { randomBytes } from 'node:crypto'
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Puts a file in place in one step: a collector sees the old or the new one. The file's mode is 0644, for readers that
 * are other users. @throws Error when it cannot be written
 */
export function replaceFile(path: string, text: string): void {
  // node_exporter reads what ends in .prom.
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    // Whatever the umask says.
    chmodSync(temporary, 0o644)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
