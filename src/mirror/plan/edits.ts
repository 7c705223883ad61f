import type { Context } from '../run/context.js'
import type { RunNotes } from '../state/run-notes.js'
import { FILTERS_KEY, commonShape, projectFiltersOf } from './shape.js'

/** What the admin edited since everything served was made. */
export interface Edits {
  readonly any: boolean
  /** options or content filters that shape what is served of a project */
  readonly options: boolean
  /** filters that choose projects by name and now decide otherwise, or `removed-projects` from `keep` to another value */
  readonly projects: boolean
  /** whether pages of a shape were made with other metadata, release or file filters than today's */
  readonly filtersDiffer: (shape: string) => boolean
}

/** A run that was interrupted under other options counts, even where the edit was taken back since. */
export function findEdits({ shape, filters, config, advisoriesId, startedAt }: EditContext, notes: RunNotes): Edits {
  const differs = (before: string | undefined, now: string): boolean => before !== undefined && before !== now
  const now = projectFiltersOf(filters)
  const options = notes.shape !== shape.id || notes.single !== shape.single || notes.begunShape !== undefined
  const stopsKeeping = notes.keeps && config.removedProjects !== 'keep'
  const isDue = notes.projectFiltersDue !== undefined && notes.projectFiltersDue * 1000 <= startedAt.getTime()
  const projects =
    isDue || differs(notes.projectFilters, now) || notes.begunProjectFilters !== undefined || stopsKeeping
  const advisories = notes.advisories !== advisoriesId
  return {
    any: options || projects || advisories,
    options,
    projects,
    filtersDiffer: (id) => notes.shapes[commonShape(id)]?.[FILTERS_KEY] !== shape.filters,
  }
}

type EditContext = Pick<Context, 'shape' | 'filters' | 'config' | 'advisoriesId' | 'startedAt'>
