import { createHash } from 'node:crypto'
import type { ProjectFilter, Selection } from '../../filters/types.js'
import { SELECTION } from '../../filters/apply.js'
import { normalizeName } from '../../packaging/name.js'
import { SHAPE_ID_LENGTH } from '../plan/shape.js'

/** The projects and files that the closure wants, as soon as they are known: asked by filters, shapes and plans. */
export interface ClosureSelection extends Selection {
  /** Whether the closure wants the project; everything, as long as nothing is known. */
  wants(name: string): boolean
  /** Tells which shape a project's pages must have, from that of the configuration: the files belong to it. */
  shapeOf(name: string, shape: string): string
  /** Sets what is wanted: name -> files. */
  set(files: ReadonlyMap<string, ReadonlySet<string>>): void
  /** keeps the projects that are wanted; `settings`: what they were found out from */
  projectFilter(settings: unknown): ProjectFilter
}

export function createSelection(): ClosureSelection {
  let known: ReadonlyMap<string, ReadonlySet<string>> | undefined
  const ids = new Map<string, string>()

  function idOf(name: string): string {
    const before = ids.get(name)
    const files = known?.get(name)
    if (before !== undefined || files === undefined) return before ?? ''
    const id = createHash('sha256')
      .update(JSON.stringify([...files].sort()))
      .digest('hex')
      .slice(0, SHAPE_ID_LENGTH)
    ids.set(name, id)
    return id
  }

  const wants = (name: string): boolean => known === undefined || known.has(name)
  return {
    wants,
    filesOf: (name) => known?.get(name),
    shapeOf: (name, shape) => shape + idOf(name),
    set(files) {
      known = files
      ids.clear()
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
