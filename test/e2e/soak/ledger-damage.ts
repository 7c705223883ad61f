import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Draw } from './ledger-draw.js'

/** Removes or damages one stored file, page or document. Returns which. */
export function damage(directory: string, draw: Draw): string {
  const keys = ['web/packages', 'web/simple', 'web/json']
    .filter((key) => existsSync(join(directory, key)))
    .flatMap((key) => readdirSync(join(directory, key), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('/versions'))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    // The root index is not `verify`'s.
    .filter((key) => !/^web\/simple\/index\./.test(key))
    .sort()
  if (keys.length === 0) return 'nothing to damage'
  const key = draw.from(keys)
  if (draw.below(2) === 0) {
    rmSync(join(directory, key))
    return `remove ${key}`
  }
  writeFileSync(join(directory, key), 'damaged')
  return `damage ${key}`
}
