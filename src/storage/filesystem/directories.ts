import * as fs from 'node:fs'
import { dirname, sep } from 'node:path'
import { UnsafePathError, systemCode } from '../../errors.js'
import { lstat, mkdir } from './calls.js'
import { storageError } from './errors.js'
import type { Steps } from './steps.js'

const MOST_RECENT = 256
const ATTEMPTS = 3

export interface Directories {
  /** The absolute path of a key. */
  readonly path: (key: string) => string
  /** Creates the directory that a key lies in. @throws UnsafePathError if a symbolic link leads out of the mirror directory */
  readonly ensureParent: (key: string) => Steps<void>
  readonly ensure: (key: string) => Steps<void>
  /**
   * Creates the directory that a key lies in and takes the steps that need it. Another thread may remove empty directories
   * meanwhile: if the steps fail for that (ENOENT), the directory is created again and they are taken again.
   */
  readonly withParent: <T>(key: string, steps: () => Steps<T>) => Steps<T>
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

  function* checkExisting(key: string): Steps<void> {
    const target = path(key)
    const stat = yield* lstat(target)
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

  function* make(key: string, again = false): Steps<void> {
    const parent = dirname(key)
    if (parent !== '.' && !inner.has(parent)) {
      yield* make(parent)
      inner.add(parent)
    }
    try {
      yield* mkdir(path(key))
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return yield* checkExisting(key)
      // An inner directory that vanished since it was remembered. Where nothing can be made (autofs) it is there.
      if (systemCode(error) === 'ENOENT' && !again && inner.delete(parent)) return yield* make(key, true)
      throw error
    }
  }

  function* ensure(key: string): Steps<void> {
    if (recent.has(key)) return
    try {
      yield* make(key)
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

  function* ensureParent(key: string): Steps<void> {
    const parent = dirname(key)
    if (parent !== '.') yield* ensure(parent)
  }

  return {
    path,
    ensure,
    ensureParent,
    *withParent(key, steps) {
      for (let attempt = 1; ; attempt++) {
        yield* ensureParent(key)
        try {
          return yield* steps()
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
