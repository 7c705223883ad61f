import type { ProjectFilter, Selection } from '../../filters/types.js'
import { SELECTION } from '../../filters/apply.js'
import { normalizeName } from '../../packaging/name.js'

/** The projects and files that the closure wants, as soon as they are known: asked by filters, shapes and plans. */
export interface ClosureSelection extends Selection {
  /** Whether the closure wants the project; everything, as long as nothing is known. */
  wants(name: string): boolean
  /** A text that changes with the files that are wanted of a project, which shape its pages; '' where all are. */
  readonly textOf: (name: string) => string
  /** Sets what is wanted: name -> files. */
  set(files: ReadonlyMap<string, ReadonlySet<string>>): void
  /** keeps the projects that are wanted; `settings`: what they were found out from */
  projectFilter(settings: unknown): ProjectFilter
}

export function createSelection(): ClosureSelection {
  let known: ReadonlyMap<string, ReadonlySet<string>> | undefined
  const texts = new Map<string, string>()

  function textOf(name: string): string {
    const before = texts.get(name)
    const files = known?.get(name)
    if (before !== undefined || files === undefined) return before ?? ''
    const text = JSON.stringify([...files].sort())
    texts.set(name, text)
    return text
  }

  const wants = (name: string): boolean => known === undefined || known.has(name)
  return {
    wants,
    filesOf: (name) => known?.get(name),
    textOf,
    set(files) {
      known = files
      texts.clear()
    },
    projectFilter: (settings) => ({
      kind: 'project',
      name: SELECTION,
      summary: 'keeps only the projects that the requirements and lock files need',
      settings,
      onlyListed: true,
      keepProject: (name) => name === '' || wants(normalizeName(name)),
    }),
  }
}
