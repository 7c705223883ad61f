import { readdirSync, statSync } from 'node:fs'
import type { Dirent, Stats } from 'node:fs'
import { basename } from 'node:path'

/** A pattern that Python's `Path.glob` refuses; the message says why. */
export class GlobError extends Error {
  override readonly name = 'GlobError'
}

/** The parts of a path as Python's pathlib keeps them: without empty ones and `.`. */
export function pathParts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

/**
 * The last parts of the paths below `directory` (absolute) that match, sorted by path, as Python's
 * `[path.name for path in sorted(directory.glob(pattern))]`.
 * Hidden files match `*`; `**` stands for any depth of directories; a directory that cannot be read is empty.
 * @throws GlobError
 */
export function globNames(directory: string, pattern: string): string[] {
  if (pattern.startsWith('/')) throw new GlobError('a pattern must not be an absolute path')
  const parts = pathParts(pattern)
  if (parts.some((part) => part !== '**' && part.includes('**'))) {
    throw new GlobError('** can only be an entire path component')
  }
  const found = new Map<string, Path>()
  for (const path of matching(directory, [], parts, pattern.endsWith('/'))) found.set(path.join('/'), path)
  const paths = [...found.values()].sort(byParts)
  // ** also finds the directory that it starts from.
  return paths.map((path) => path.at(-1) ?? basename(directory))
}

type Path = readonly string[]

function* matching(root: string, at: Path, parts: Path, directoriesOnly: boolean): Generator<Path> {
  const [part, ...rest] = parts
  if (part === undefined) {
    yield at
    return
  }
  const last = rest.length === 0
  const onlyDirectories = directoriesOnly || !last
  if (part === '**') {
    for (const below of directoriesBelow(root, at)) yield* matching(root, below, rest, directoriesOnly)
  } else if (/[*?[]/.test(part)) {
    const wanted = fnmatch(part)
    for (const entry of entries(root, at)) {
      if (!wanted.test(entry.name)) continue
      const path = [...at, entry.name]
      if (!onlyDirectories || isDirectory(root, path)) yield* matching(root, path, rest, directoriesOnly)
    }
  } else {
    const path = [...at, part]
    const there = onlyDirectories ? isDirectory(root, path) : stat(root, path) !== undefined
    if (there) yield* matching(root, path, rest, directoriesOnly)
  }
}

function* directoriesBelow(root: string, at: Path): Generator<Path> {
  if (!isDirectory(root, at)) return
  yield at
  // A link to a directory is not followed: it could lead back up.
  for (const entry of entries(root, at)) if (entry.isDirectory()) yield* directoriesBelow(root, [...at, entry.name])
}

/** Not node's join, which takes `missing/..` for nothing at all. */
function located(root: string, at: Path): string {
  return [root, ...at].join('/')
}

function entries(root: string, at: Path): Dirent[] {
  try {
    return readdirSync(located(root, at), { withFileTypes: true })
  } catch {
    return []
  }
}

function stat(root: string, at: Path): Stats | undefined {
  try {
    return statSync(located(root, at))
  } catch {
    return undefined
  }
}

function isDirectory(root: string, at: Path): boolean {
  return stat(root, at)?.isDirectory() ?? false
}

function byParts(a: Path, b: Path): number {
  for (const [i, part] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    if (part !== other) return part < other ? -1 : 1
  }
  return a.length - b.length
}

/** Python's `fnmatch.translate`: `*`, `?`, `[seq]`, `[!seq]`, all else literally. */
function fnmatch(pattern: string): RegExp {
  let source = ''
  for (const [token, not, set] of pattern.matchAll(/\[(!?)(\]?[^\]]*)\]|[^]/gu)) {
    if (token === '*') source += '.*'
    else if (token === '?') source += '.'
    else if (set === undefined || set === '') source += token.replace(/[\\^$.+()[\]{}|/]/g, '\\$&')
    else source += `[${not ? '^' : ''}${set.replace(/[\\^[\]]/g, '\\$&')}]`
  }
  try {
    return new RegExp(`^${source}$`, 'su')
  } catch (error) {
    throw new GlobError(`${pattern} is not a pattern`, { cause: error })
  }
}
