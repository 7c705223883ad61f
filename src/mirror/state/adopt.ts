import { counted } from '../../count.js'
import { LAYOUT, isSafeProjectName, simpleDirectory } from '../../model/layout.js'
import { mirroredNames, misplacedNames } from '../project/places.js'
import type { Context } from '../run/context.js'
import { loadOldState } from './old-state.js'
import type { Ledger } from './ledger.js'
import type { RunNotes } from './run-notes.js'

export interface Adopted {
  readonly ledger: Ledger
  /** the mirror had a ledger, and it is gone or damaged: what it said was made anew from the pages */
  readonly lost: boolean
  /** who made the mirror, where it has no ledger yet: bandersnatch 8.0, or version 1.0 of this program */
  readonly taken: '8.0' | '1.0' | undefined
  /** how many projects with pages the ledger did not know */
  readonly count: number
  /** Looks up the serials of adopted projects in their pages. */
  readonly readSerials: () => Promise<void>
}

export interface AdoptOptions {
  readonly ledger: Ledger
  readonly notes: RunNotes
  /** look for pages that the ledger does not know although it is whole */
  readonly thorough: boolean
}

/**
 * Gives a line in the ledger to every project that has pages and none: in a mirror that another program or an earlier
 * version made, and where the ledger was lost.
 */
export async function adoptProjects(context: Context, { ledger, notes, thorough }: AdoptOptions): Promise<Adopted> {
  const { storage, log, shape } = context
  const had = notes.shape !== undefined
  const lost = (had && !ledger.found) || ledger.damaged > 0
  if (!ledger.found && !had) {
    await loadOldState(storage, ledger, { shape: notes.contentFilters === shape.filters ? shape.id : '' })
  }
  const looks = lost || !ledger.found || thorough
  const unknown = looks ? await adoptPages(context, ledger, adoptedShape(context, notes, lost)) : new Set<string>()
  const readSerials = async (): Promise<void> => {
    for (const name of unknown) {
      const entry = ledger.get(name)
      const serial = await readPageSerial(context, name)
      if (entry !== undefined && entry.serial === 0 && serial !== undefined) ledger.set(name, { ...entry, serial })
    }
  }
  if (lost) log.warn(lostText(storage.location(LAYOUT.ledger), ledger, unknown.size))
  if (had) await readSerials()
  const maker = notes.reconciledAt === undefined ? '8.0' : '1.0'
  return { ledger, lost, taken: had ? undefined : maker, count: unknown.size, readSerials }
}

/** Gives every project with pages and no line one of serial 0. Returns their names. */
async function adoptPages(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  ledger: Ledger,
  shape: string,
): Promise<Set<string>> {
  const unknown = new Set<string>()
  const adopt = (name: string, id: string): void => {
    if (!isSafeProjectName(name) || ledger.pageSerial(name) !== undefined) return
    ledger.set(name, { serial: 0, shape: id })
    unknown.add(name)
  }
  for await (const names of mirroredNames(storage, config.hashIndex)) for (const name of names) adopt(name, shape)
  // Their pages must move.
  for await (const names of misplacedNames(storage, config.hashIndex)) {
    for (const name of names) {
      adopt(name, '')
      const entry = ledger.get(name)
      if (entry !== undefined && entry.absent === undefined && entry.shape !== '') {
        ledger.set(name, { ...entry, shape: '' })
      }
    }
  }
  return unknown
}

/** The shape of pages that the ledger does not know: that of the last complete run where only the ledger was lost. */
function adoptedShape(context: Context, notes: RunNotes, lost: boolean): string {
  // Pages do not tell what is held back or blocked, nor until when.
  if (context.filters.timed || context.filters.advisories !== undefined) return ''
  if (notes.shape === undefined) return takenShape(context, notes)
  return lost && notes.begunShape === undefined ? notes.shape : ''
}

function lostText(path: string, { found, damaged }: Ledger, count: number): string {
  const what = found ? `has ${counted(damaged, 'line')} that cannot be read` : 'is missing'
  return `The ledger ${path} ${what}. It is made anew from the pages of ${counted(count, 'project')}. In this run the list removes no project`
}

/** 8.0 made the pages with a configuration that nobody noted: today's is taken for it. */
function takenShape({ shape }: Context, notes: RunNotes): string {
  return notes.contentFilters === undefined || notes.contentFilters === shape.filters ? shape.id : ''
}

const HTML_SERIAL = /<!--SERIAL (\d{1,15})-->\s*$/
const JSON_SERIAL = /"_last-serial": ?"?(\d{1,15})\b/

/** The serial that a project's page gives; undefined where it gives none. */
export async function readPageSerial(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  name: string,
): Promise<number | undefined> {
  const directory = simpleDirectory(name, config.hashIndex)
  for (const [page, pattern] of [
    ['index.html', HTML_SERIAL],
    ['index.v1_json', JSON_SERIAL],
    ['index.v1_html', HTML_SERIAL],
  ] as const) {
    const text = (await storage.read(`${directory}/${page}`))?.toString('utf8')
    const serial = text === undefined ? undefined : pattern.exec(text)?.[1]
    if (serial !== undefined) return Number(serial)
  }
  return undefined
}
