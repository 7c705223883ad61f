import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { systemCode } from '../../errors.js'
import { storageError } from './errors.js'
import type { StoredEntry } from '../types.js'

/** Why an empty directory stays: it is not empty, or it is a mount point, a symbolic link, or not ours to remove. */
const STAYS = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY', 'EACCES', 'EPERM'])

/** Removes one file; then up to `levels` directories above it, as long as they are empty. */
export function removeFile(path: string, levels: number): boolean {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false
    throw error
  }
  for (let level = 0, parent = dirname(path); level < levels; level++, parent = dirname(parent)) {
    try {
      fs.rmdirSync(parent)
    } catch (error) {
      if (STAYS.has(systemCode(error))) break
      // Another thread has removed it.
      if (systemCode(error) !== 'ENOENT') throw error
    }
  }
  return true
}

/** Removes what lies directly in a directory and is to go, by its name and the age of its last change. */
export function removeBelow(directory: string, isDoomed: (name: string, ageMs: number) => boolean): void {
  for (const name of fs.readdirSync(directory)) {
    const path = join(directory, name)
    const stat = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stat !== undefined && isDoomed(name, Date.now() - stat.mtimeMs))
      fs.rmSync(path, { recursive: true, force: true })
  }
}

/** All files below a key at any depth. Like 8.0, it does not descend into symbolic links to directories. */
export async function* walkFiles(root: string, key: string): AsyncGenerator<StoredEntry> {
  let entries: fs.Dirent[]
  try {
    entries = fs.readdirSync(join(root, key), { withFileTypes: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw storageError(error, 'list', join(root, key))
  }
  for (const entry of entries) {
    const below = `${key}/${entry.name}`
    if (entry.isDirectory()) yield* walkFiles(root, below)
    else {
      const stat = fs.statSync(join(root, below), { throwIfNoEntry: false })
      if (stat?.isFile() === true) yield { key: below, size: stat.size, time: stat.mtimeMs / 1000 }
    }
  }
}
