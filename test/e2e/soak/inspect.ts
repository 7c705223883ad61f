import * as fs from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sha256Of } from '../../helpers/index/digests.js'
import { pagesOf, readDirectory, readPage } from './pages.js'
import type { Page } from './pages.js'
import type { Known, Truth } from './truth.js'

/** Looks at a mirror directory as its users do, also while a run is at work. */
export interface Inspector {
  /** What nobody must ever see: wrong files, half pages, links to nothing, temporary files, a status that lies. */
  sweep(): string[]
  /** Sweeps again and again until told to stop; returns what was ever seen. */
  watch(): { readonly stop: () => Promise<string[]>; readonly sweeps: () => number }
  /** What a complete mirror lacks, or has too much of. */
  missing(truth: Truth): string[]
  /** Temporary and partial files. */
  leftovers(): string[]
}

/** The truths that a status may speak of, by serial. */
export interface Knowledge {
  readonly known: Known
  readonly truths: ReadonlyMap<number, Truth>
  /** keys that the test itself spoiled */
  readonly spoiled?: ReadonlySet<string>
}

export function createInspector(mirror: string, { known, truths, spoiled = new Set() }: Knowledge): Inspector {
  // What was read stays known until the file is another one: writers here never change a file in place.
  const files = new Map<string, string>()
  const pages = new Map<string, { readonly print: string; readonly page: Page }>()

  function fileProblem(key: string): string | undefined {
    const path = join(mirror, key)
    const print = fingerprint(path)
    if (print === undefined || files.get(key) === print || spoiled.has(key)) return undefined
    const wanted = known.get(key)
    if (wanted === undefined) return `unknown file ${key}`
    let bytes: Buffer
    try {
      bytes = fs.readFileSync(path)
    } catch {
      return undefined
    }
    if (sha256Of(bytes) !== wanted) return `wrong bytes in ${key}`
    files.set(key, print)
    return undefined
  }

  function page(path: string, directoryKey: string): Page | undefined {
    const print = fingerprint(path)
    const held = pages.get(path)
    if (held !== undefined && held.print === print) return held.page
    const read = readPage(path, directoryKey)
    if (read !== undefined && print !== undefined) pages.set(path, { print, page: read })
    return read
  }

  /** Links to nothing. The page may have gone or changed after it was read: then it counts no more. */
  function deadLinks(path: string, directoryKey: string): string[] {
    const read = page(path, directoryKey)
    const dead = read?.keys.filter((key) => !spoiled.has(key) && !fs.existsSync(join(mirror, key))) ?? []
    if (dead.length === 0) return []
    pages.delete(path)
    const again = page(path, directoryKey)
    return dead
      .filter((key) => again?.keys.includes(key) === true)
      .map((key) => `${path} names ${key}, which is not there`)
  }

  function sweep(): string[] {
    const problems: string[] = []
    for (const key of filesBelow(mirror, 'web/packages')) {
      const problem = fileProblem(key)
      if (problem !== undefined) problems.push(problem)
    }
    for (const { path, directoryKey } of pagesOf(mirror)) {
      try {
        problems.push(...deadLinks(path, directoryKey))
      } catch (error) {
        problems.push(`half a page: ${path}: ${String(error)}`)
      }
    }
    for (const key of filesBelow(mirror, 'web'))
      if (/^\.|\.tmp$/.test(basename(key))) problems.push(`temporary file ${key}`)
    const status = readStatus(mirror)
    const truth =
      status === undefined
        ? undefined
        : (truths.get(status) ?? [...truths.values()].find(({ highest }) => highest === status))
    if (status !== undefined && truth === undefined) problems.push(`status ${status} is no serial that upstream had`)
    if (truth !== undefined) problems.push(...behind(truth).map((what) => `status says ${truth.serial}, but ${what}`))
    return problems
  }

  /** Where the mirror is older than a truth. Files are looked at by what names them. */
  function behind(truth: Truth): string[] {
    const problems: string[] = []
    for (const [name, project] of truth.projects) {
      const read = page(join(mirror, 'web/simple', name, 'index.v1_json'), `web/simple/${name}`)
      if (read === undefined) {
        if (!goneSince(name, truth.serial)) problems.push(`there is no page of ${name}`)
      } else if (read.serial < project.serial)
        problems.push(`the page of ${name} has ${read.serial} and not ${project.serial}`)
    }
    return problems
  }

  /** Whether a later truth has the project no more. */
  function goneSince(name: string, serial: number): boolean {
    return [...truths.values()].some((truth) => truth.serial > serial && !truth.projects.has(name))
  }

  return {
    sweep,
    watch() {
      const seen = new Set<string>()
      let sweeps = 0
      let going = true
      const loop = (async () => {
        while (going) {
          sweep().forEach((problem) => seen.add(problem))
          sweeps += 1
          await delay(100)
        }
      })()
      return {
        sweeps: () => sweeps,
        async stop() {
          going = false
          await loop
          return [...seen]
        },
      }
    },
    missing(truth) {
      const problems = sweep()
      const status = readStatus(mirror)
      if (status !== truth.serial && status !== truth.highest)
        problems.push(`status is ${status} and not ${truth.serial}`)
      if (fs.existsSync(join(mirror, 'todo'))) problems.push('there is a todo file')
      const root = fs.readFileSync(join(mirror, 'web/simple/index.html'), 'utf8')
      for (const [name, project] of truth.projects) {
        if (!root.includes(`href="${name}/"`)) problems.push(`the root index lacks ${name}`)
        for (const file of ['index.html', 'index.v1_json']) {
          const read = page(join(mirror, 'web/simple', name, file), `web/simple/${name}`)
          if (read?.serial !== project.serial) problems.push(`${name}/${file} has the serial ${read?.serial}`)
          const wanted = [...project.files.keys()].sort().join()
          if ([...(read?.filenames ?? [])].sort().join() !== wanted) problems.push(`${name}/${file} lists other files`)
        }
      }
      for (const { name, ...entry } of readDirectory(join(mirror, 'web/simple'))) {
        void entry
        if (!/\./.test(name) && !truth.projects.has(name)) problems.push(`there are pages of ${name}`)
      }
      return problems
    },
    leftovers: () => [...filesBelow(mirror, '.bandersnatch/tmp'), ...filesBelow(mirror, '.bandersnatch/partial')],
  }
}

/** Changes whenever another file has the name. */
function fingerprint(path: string): string | undefined {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.ino} ${stat.size} ${stat.ctimeMs}`
}

export function readStatus(mirror: string): number | undefined {
  try {
    return Number(fs.readFileSync(join(mirror, 'status'), 'utf8'))
  } catch {
    return undefined
  }
}

/** Keys of all files below a key, in any depth. */
export function* filesBelow(mirror: string, key: string): Generator<string> {
  for (const entry of readDirectory(join(mirror, key))) {
    const below = `${key}/${entry.name}`
    if (entry.isDirectory()) yield* filesBelow(mirror, below)
    else yield below
  }
}
