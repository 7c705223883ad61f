import * as fs from 'node:fs'
import { dirname, sep } from 'node:path'
import { UnsafePathError, systemCode } from '../../errors.js'
import { storageError } from './errors.js'

const MOST_RECENT = 256
const ATTEMPTS = 3

export interface Directories {
  /** The absolute path of a key. */
  readonly path: (key: string) => string
  /** Creates the directory that a key lies in. @throws UnsafePathError if a symbolic link leads out of the mirror directory */
  readonly ensureParent: (key: string) => void
  readonly ensure: (key: string) => void
  /**
   * Creates the directory that a key lies in and runs a call that needs it. Another thread may remove empty directories
   * meanwhile: if the call fails for that (ENOENT), the directory is created again and the call repeated.
   */
  readonly withParent: <T>(key: string, run: () => T) => T
  /** To be called when directories were removed: all are looked at again before something is written into them. */
  readonly forget: () => void
  /** Whether a path lies below the mirror directory, with symbolic links resolved. true where there is nothing. */
  readonly holds: (target: string) => boolean
}

/**
 * The directories of a mirror. Upstream chooses names below `web/`, so nothing is written through a symbolic link that
 * leaves the mirror directory. A directory that mkdir has just created is no link, so one mkdir per file is enough.
 */
export function createDirectories(root: string): Directories {
  // Directories that have directories below them; leaves are too many to remember.
  const inner = new Set<string>()
  // The last ones that were made or seen: those of the projects under way.
  const recent = new Set<string>()

  const path = (key: string): string => (key === '' ? root : `${root}${sep}${key}`)

  function checkExisting(key: string): void {
    const target = path(key)
    const stat = fs.lstatSync(target)
    if (stat.isDirectory()) return
    if (stat.isSymbolicLink()) {
      const home = fs.realpathSync(root)
      const real = fs.realpathSync(target)
      if (real.startsWith(home + sep) && fs.statSync(real).isDirectory()) return
      throw new UnsafePathError(
        `${target} is a symbolic link out of the mirror directory; nothing is written through it`,
      )
    }
    throw new UnsafePathError(`${target} is not a directory`)
  }

  function make(key: string, again = false): void {
    const parent = dirname(key)
    if (parent !== '.' && !inner.has(parent)) {
      make(parent)
      inner.add(parent)
    }
    try {
      fs.mkdirSync(path(key))
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return checkExisting(key)
      // An inner directory that vanished since it was remembered. Where nothing can be made (autofs) it is there.
      if (systemCode(error) === 'ENOENT' && !again && inner.delete(parent)) return make(key, true)
      throw error
    }
  }

  function ensure(key: string): void {
    if (recent.has(key)) return
    try {
      make(key)
    } catch (error) {
      throw storageError(error, 'create the directory', path(key))
    }
    recent.add(key)
    for (const oldest of recent) {
      if (recent.size <= MOST_RECENT) break
      recent.delete(oldest)
    }
  }

  function forget(): void {
    recent.clear()
    inner.clear()
  }

  function ensureParent(key: string): void {
    const parent = dirname(key)
    if (parent !== '.') ensure(parent)
  }

  return {
    path,
    ensure,
    ensureParent,
    withParent(key, run) {
      for (let attempt = 1; ; attempt++) {
        ensureParent(key)
        try {
          return run()
        } catch (error) {
          if (systemCode(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error
          forget()
        }
      }
    },
    forget,
    holds(target) {
      try {
        const real = fs.realpathSync.native(target)
        const home = fs.realpathSync.native(root)
        return real === home || real.startsWith(home + sep)
      } catch {
        return true
      }
    },
  }
}
