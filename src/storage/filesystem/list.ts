import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { storageError } from './errors.js'
import { makePath } from './make-path.js'
import type { ListWriter } from '../types.js'

/** Lines kept in memory before they are written. */
const PENDING_LINES = 10_000

/** @throws StorageError */
export function openListFile(place: string, nameInDirectory: string): ListWriter {
  let path = place
  let started = false
  let pending: string[] = []
  const guarded = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      throw storageError(error, 'write', path)
    }
  }
  const write = (): void => {
    guarded(() => fs.appendFileSync(path, (started ? '\n' : '') + pending.join('\n')))
    started = true
    pending = []
  }
  guarded(() => {
    makePath(dirname(place), 'create the directory')
    if (fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) path = join(place, nameInDirectory)
    fs.rmSync(path, { force: true })
  })
  return {
    add(line) {
      pending.push(line)
      if (pending.length >= PENDING_LINES) write()
    },
    async close() {
      if (pending.length > 0 || !started) write()
    },
  }
}
