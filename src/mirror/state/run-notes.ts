import type { Unknown } from '../../filters/unknown.js'
import { isObject } from '../../model/json.js'
import type { JsonObject } from '../../model/project.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'

/**
 * What a run leaves for the next one beside 8.0's state files: `.bandersnatch/state.json`. Everything may be missing.
 * A quiet run reads nothing else of this tool.
 */
export interface RunNotes {
  /** of the list of all projects as last seen */
  readonly listEtag: string | undefined
  readonly listCount: number | undefined
  readonly listSerial: number | undefined
  /** the serial that upstream itself was seen to have */
  readonly upstreamSerial: number | undefined
  /** milliseconds since the epoch: when the mirror was last compared with the whole list */
  readonly reconciledAt: number | undefined
  /** id of the shape that everything served has; undefined where the mirror has no ledger yet */
  readonly shape: string | undefined
  /** id of a shape under which a run began to write pages and was not done */
  readonly begunShape: string | undefined
  /** fingerprint of the settings of single projects that everything served was made with */
  readonly single: string | undefined
  /** fingerprint of the project filters that decided what is mirrored */
  readonly projectFilters: string | undefined
  /** the same of project filters with which a run began and was not done */
  readonly begunProjectFilters: string | undefined
  /** shapes that the ledger names, as people read them: id -> option -> value */
  readonly shapes: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** id of the advisories by which everything served is made (advisories/); '' for none */
  readonly advisories: string
  /** milliseconds since the epoch: the latest time by which a run decided what is young; undefined where no filter asks */
  readonly clock: number | undefined
  /** seconds since the epoch: when the project filters decide otherwise */
  readonly projectFiltersDue: number | undefined
  /** files of all projects that filters hold back, and that advisories block */
  readonly held: number
  readonly blocked: number
  /** seconds since the epoch: when a project must be looked at again although upstream did not change it */
  readonly nextLook: number | undefined
  /** it is known which projects name files that carry the name of another one */
  readonly foreignKnown: boolean
  /** a guard kept the last run from removing projects: the next one looks again */
  readonly unsettled: boolean
  /** the last run kept projects whatever upstream or the filters withdrew: `removed-projects = keep` */
  readonly keeps: boolean
  /** URL of the upstream that had PyPI's JSON API */
  readonly jsonApiAt: string | undefined
  /** 8.0's state files as the last run left them: what the storage's version of them says need not be read */
  readonly stateFiles: RememberedFiles | undefined
  /** what the last run could not have of what the requirements of [closure] need */
  readonly closure: ClosureNotes | undefined
  /** what the lists of the configuration ask for and upstream did not have: told once */
  readonly unknown: Unknown
  /** fingerprint of the content filters, as version 1.0 of this tool noted it */
  readonly contentFilters: string | undefined
}

/** What requirements need and the mirror lacks. */
export interface ClosureNotes {
  /** something could not be asked: the next run must ask again although nothing changed */
  readonly incomplete: boolean
  /** when a filter lets through what it holds back now, in milliseconds since the epoch; undefined: never */
  readonly due: number | undefined
  /** how many projects are needed */
  readonly projects: number
  /** what upstream does not have */
  readonly missing: readonly { readonly project: string; readonly reason: string }[]
}

/** key -> version and text */
export type RememberedFiles = Readonly<Record<string, readonly [version: string, text: string]>>

export async function loadNotes(storage: Storage): Promise<RunNotes> {
  const read = await readJson(storage, LAYOUT.notes)
  const number = (name: string): number | undefined => {
    const value = read[name]
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }
  const text = (name: string): string | undefined => {
    const value = read[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    listEtag: text('listEtag'),
    listCount: number('listCount'),
    listSerial: number('listSerial'),
    upstreamSerial: number('upstreamSerial'),
    reconciledAt: number('reconciledAt'),
    shape: text('shape'),
    begunShape: text('begunShape'),
    single: text('single'),
    projectFilters: text('projectFilters'),
    begunProjectFilters: text('begunProjectFilters'),
    shapes: parseShapes(read['shapes']),
    advisories: text('advisories') ?? '',
    clock: number('clock'),
    projectFiltersDue: number('projectFiltersDue'),
    held: number('held') ?? 0,
    blocked: number('blocked') ?? 0,
    nextLook: number('nextLook'),
    foreignKnown: read['foreignKnown'] === true,
    unsettled: read['unsettled'] === true,
    keeps: read['keeps'] === true,
    jsonApiAt: text('jsonApiAt'),
    stateFiles: parseFiles(read['stateFiles']),
    closure: parseClosure(read['closure']),
    unknown: parseUnknown(read['unknown']),
    contentFilters: text('contentFilters'),
  }
}

/** @param before what is stored, where that is known: the same is not written again */
export async function saveNotes(storage: Storage, notes: RunNotes, before?: RunNotes): Promise<void> {
  const text = notesText(notes)
  if (before === undefined || notesText(before) !== text) await storage.write(LAYOUT.notes, text)
}

function notesText(notes: RunNotes): string {
  return `${JSON.stringify(notes, null, 2)}\n`
}

function parseFiles(value: unknown): RememberedFiles | undefined {
  if (!isObject(value)) return undefined
  const files = Object.entries(value).flatMap(([key, entry]): [string, [string, string]][] => {
    const parts: readonly unknown[] = Array.isArray(entry) ? entry : []
    const [version, text] = parts
    return typeof version === 'string' && typeof text === 'string' ? [[key, [version, text]]] : []
  })
  return Object.fromEntries(files)
}

function parseClosure(value: unknown): ClosureNotes | undefined {
  if (!isObject(value)) return undefined
  const { incomplete, projects, missing, due } = value
  const lines: readonly unknown[] = Array.isArray(missing) ? missing : []
  return {
    incomplete: incomplete === true,
    due: typeof due === 'number' ? due : undefined,
    projects: typeof projects === 'number' ? projects : 0,
    missing: lines.flatMap((line) => {
      const { project, reason } = isObject(line) ? line : {}
      return typeof project === 'string' && typeof reason === 'string' ? [{ project, reason }] : []
    }),
  }
}

function parseShapes(value: unknown): RunNotes['shapes'] {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([id, options]) => (isObject(options) ? [[id, texts(options)] as const] : [])),
  )
}

function parseUnknown(value: unknown): Unknown {
  const { names, versions } = isObject(value) ? value : {}
  return { names: isObject(names) ? texts(names) : {}, versions: parseShapes(versions) }
}

function texts(options: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}

async function readJson(storage: Storage, key: string): Promise<Record<string, unknown>> {
  const text = (await storage.read(key))?.toString('utf8')
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { ...value } : {}
  } catch {
    // Without these notes a run only compares more than it must.
    return {}
  }
}
