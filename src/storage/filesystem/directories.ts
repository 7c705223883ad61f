import * as fs from 'node:fs'
import { dirname, sep } from 'node:path'
import { UnsafePathError } from '../../errors.js'
import { errorCode, storageError } from './errors.js'

const MOST_RECENT = 256

export interface Directories {
  /** The absolute path of a key. */
  readonly path: (key: string) => string
  /** Makes the directory that a key lies in; refuses one that a symbolic link leads out of the mirror directory. */
  readonly ensureParent: (key: string) => void
  readonly ensure: (key: string) => void
  /** Directories may have gone: none is taken for granted that was made or seen before. */
  readonly forget: () => void
  /** Whether what stands at an absolute path is below the mirror directory, links resolved; true where nothing is. */
  readonly holds: (target: string) => boolean
}

/**
 * The directories of a mirror. Upstream chooses names below `web/`, so nothing is written through a symbolic
 * link that leaves the mirror directory; a directory just made by us is none, hence one mkdir a file is enough.
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
    throw new UnsafePathError(`${target} is no directory`)
  }

  function make(key: string): void {
    const parent = dirname(key)
    if (parent !== '.' && !inner.has(parent)) {
      make(parent)
      inner.add(parent)
    }
    try {
      fs.mkdirSync(path(key))
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return checkExisting(key)
      // An inner directory that vanished since it was remembered.
      if (errorCode(error) === 'ENOENT' && inner.delete(parent) && fs.existsSync(root)) return make(key)
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

  return {
    path,
    ensure,
    forget() {
      recent.clear()
      inner.clear()
    },
    holds(target) {
      try {
        const real = fs.realpathSync.native(target)
        const home = fs.realpathSync.native(root)
        return real === home || real.startsWith(home + sep)
      } catch {
        return true
      }
    },
    ensureParent(key) {
      const parent = dirname(key)
      if (parent !== '.') ensure(parent)
    },
  }
}
