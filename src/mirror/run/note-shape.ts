import { shapeTexts } from '../plan/shape.js'
import { saveNotes } from '../state/run-notes.js'
import type { RunNotes } from '../state/run-notes.js'
import type { Context } from './context.js'

/**
 * Notes today's shape before a command other than `mirror` writes the first page of it: an edit that is taken back later
 * must be seen, also where the command was killed.
 */
export async function noteShape(
  { storage, shape, filters, startedAt, advisoriesId }: NoteContext,
  notes: RunNotes,
): Promise<void> {
  const shapes = { ...notes.shapes, [shape.id]: shapeTexts(shape) }
  const edited = notes.shape !== undefined && (notes.shape !== shape.id || notes.single !== shape.single)
  await saveNotes(
    storage,
    {
      ...notes,
      shapes,
      ...(edited ? { begunShape: shape.id } : {}),
      ...(notes.advisories === advisoriesId ? {} : { advisories: BEGUN }),
      ...(filters.timed ? { clock: Math.max(notes.clock ?? 0, startedAt.getTime()) } : {}),
    },
    notes,
  )
}

/** No advisories have this id: the next `mirror` run compares. */
const BEGUN = 'begun'

type NoteContext = Pick<Context, 'storage' | 'shape' | 'filters' | 'startedAt' | 'advisoriesId'>
