import { LAYOUT, PAGE_NAMES, isSafeProjectName } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'

/** Names are given in groups, so that the directories of a million projects need not be listed at once. */
export type NameGroups = AsyncGenerator<string[]>

/**
 * The names of the directories that hold projects below `web/simple`, sorted, as bandersnatch 8.0 finds them. Where the
 * other kind of `hash-index` was used before, its directories are passed over.
 */
export async function* mirroredNames(storage: Storage, hashIndex: boolean): NameGroups {
  const top = await storage.names(LAYOUT.simple, 'directories')
  if (!hashIndex) {
    const letters = await lettersOnly(storage, top)
    yield letters.size === 0 ? top : top.filter((name) => !letters.has(name))
    return
  }
  for (const letter of top) {
    if ([...letter].length === 1) yield storage.names(`${LAYOUT.simple}/${letter}`, 'directories')
  }
}

/** The names in the directories of the other kind of `hash-index`, left from before that option was edited. */
export async function* misplacedNames(storage: Storage, hashIndex: boolean): NameGroups {
  const top = await storage.names(LAYOUT.simple, 'directories')
  if (hashIndex) {
    const names: string[] = []
    for (const name of top)
      if (isSafeProjectName(name) && (name.length > 1 || (await hasPage(storage, name)))) names.push(name)
    yield names
    return
  }
  for (const letter of await lettersOnly(storage, top)) {
    const names = await storage.names(`${LAYOUT.simple}/${letter}`, 'directories')
    yield names.filter((name) => isSafeProjectName(name) && name.startsWith(letter))
  }
}

/**
 * One-letter directories without pages that hold directories of projects, or no more: those of `hash-index`. A project may
 * have such a name, too.
 */
async function lettersOnly(storage: Storage, top: readonly string[]): Promise<Set<string>> {
  const letters = new Set<string>()
  for (const letter of top.filter((name) => name.length === 1)) {
    if (await hasPage(storage, letter)) continue
    const below = await storage.names(`${LAYOUT.simple}/${letter}`, 'directories')
    if (below.length === 0 || below.some((name) => name.startsWith(letter))) letters.add(letter)
  }
  return letters
}

async function hasPage(storage: Storage, directory: string): Promise<boolean> {
  for (const page of PAGE_NAMES) {
    if ((await storage.stat(`${LAYOUT.simple}/${directory}/${page}`)) !== undefined) return true
  }
  return false
}
