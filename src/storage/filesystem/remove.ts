import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode, storageError } from './errors.js'
import type { StoredEntry } from '../types.js'

/** Removes one file; then up to `levels` directories above it, as long as they are empty. */
export function removeFile(path: string, levels: number): boolean {
  try {
    fs.unlinkSync(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false
    throw error
  }
  for (let level = 0, parent = dirname(path); level < levels; level++, parent = dirname(parent)) {
    try {
      fs.rmdirSync(parent)
    } catch (error) {
      if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') break
      throw error
    }
  }
  return true
}

/** Removes the files directly in a directory that were last touched longer ago than `olderMs`. */
export function removeBelow(directory: string, olderMs: number): void {
  const before = Date.now() - olderMs
  for (const name of fs.readdirSync(directory)) {
    const path = join(directory, name)
    const stat = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stat !== undefined && (olderMs === 0 || stat.mtimeMs < before))
      fs.rmSync(path, { recursive: true, force: true })
  }
}

/** All files below a key, any depth. Symbolic links to directories are followed, as 8.0 does not descend into them. */
export async function* walkFiles(root: string, key: string): AsyncGenerator<StoredEntry> {
  let entries: fs.Dirent[]
  try {
    entries = fs.readdirSync(join(root, key), { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
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
