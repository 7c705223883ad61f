import type { MirrorConfig } from '../config/types.js'
import { stillUnknown, unknownLines } from '../filters/unknown.js'
import type { Filters } from '../filters/types.js'
import { LAYOUT } from '../model/layout.js'
import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import type { Storage } from '../storage/types.js'
import type { Upstream } from '../upstream/types.js'
import { runAtWork } from './at-work.js'
import type { RunAtWork } from './at-work.js'
import { loadHistory } from './state/history.js'
import type { RunRecord } from './state/history.js'
import { loadNotes } from './state/run-notes.js'
import type { ClosureNotes, RunNotes } from './state/run-notes.js'
import { isoTime } from './run/report-failures.js'
import type { LedgerEntry } from './state/ledger-entry.js'
import { looksOf } from './state/next-look.js'
import { loadLedger } from './state/ledger.js'
import { pageKeys } from '../model/page.js'
import { mirroredNames } from './project/places.js'
import type { Progress } from './run/progress.js'
import { parseTodo } from './state/status-files.js'
import { storedPage } from './project/stored.js'

/** Release files that a project's page names; core metadata files are not among them. */
export interface ProjectSize {
  readonly name: string
  readonly files: number
  readonly bytes: number
}

/** A project that keeps failing: since when, how often, why. */
export interface ProjectFailure {
  readonly project: string
  /** ISO 8601 */
  readonly since: string
  readonly runs: number
  /** ISO 8601: not asked for again before, unless upstream changes it */
  readonly next: string
  readonly reason: string
}

/** What a mirror holds. */
export interface MirrorStatus {
  readonly location: string
  readonly upstream: string
  /** serial up to which the mirror is complete */
  readonly serial: number | undefined
  /** of upstream now; undefined where it was not asked or does not say */
  readonly upstreamSerial: number | undefined
  readonly behind: number | undefined
  /** files that filters hold back for a time, and that advisories block */
  readonly held: number
  readonly blocked: number
  /** ISO 8601: when the next project is looked at again because something held back is due */
  readonly nextDue: string | undefined
  /** projects that an unfinished or failed run left to do */
  readonly owed: number
  readonly projects: number
  /** everything below web/packages */
  readonly files: number
  readonly bytes: number
  /** that can still be stored; undefined on S3 */
  readonly bytesFree: number | undefined
  /** the run that works on the mirror now */
  readonly running: RunAtWork | undefined
  /** what the lists of the configuration ask for and upstream did not have, one line each */
  readonly unknown: readonly string[]
  /** the largest first */
  readonly largest: readonly ProjectSize[]
  /** what requirements need, with [closure], as the last run found out */
  readonly needs?: Pick<ClosureNotes, 'projects' | 'missing'>
  /** the oldest first */
  readonly failures: readonly ProjectFailure[]
  /** the oldest first */
  readonly history: readonly RunRecord[]
}

export interface StatusContext {
  readonly config: MirrorConfig
  readonly storage: Storage
  readonly upstream: Upstream
  readonly filters: Pick<Filters, 'entries'>
  readonly progress?: Progress
}

export interface StatusOptions {
  /** ask upstream for its serial */
  readonly online: boolean
  /** how many projects to list; 0 for all */
  readonly largest: number
}

/** Looks at everything that the mirror holds, without changing or locking it; undefined for a directory without a mirror. */
export async function mirrorStatus(context: StatusContext, options: StatusOptions): Promise<MirrorStatus | undefined> {
  const { storage, upstream, progress, filters } = context
  const serial = wholeNumber(await readText(storage, LAYOUT.status))
  const sizes = await projectSizes(context, options.largest)
  if (serial === undefined && sizes.count === 0 && (await readText(storage, LAYOUT.generation)) === undefined)
    return undefined
  progress?.phase('Counting files')
  let files = 0
  let bytes = 0
  for await (const { size } of storage.walk(LAYOUT.packages)) {
    files += 1
    bytes += size
    progress?.step()
  }
  const asked = options.online ? await upstream.lastSerial() : undefined
  const upstreamSerial = asked === 'not-offered' ? undefined : asked
  const entries = [...(await loadLedger(storage)).exceptions()]
  const failures = failuresOf(entries)
  const { held, blocked } = looksOf(entries)
  const unknown = stillUnknown((await loadNotes(storage)).unknown, filters.entries, () => false)
  return {
    location: storage.location(''),
    upstream: upstream.url,
    serial,
    upstreamSerial,
    behind: upstreamSerial === undefined || serial === undefined ? undefined : Math.max(0, upstreamSerial - serial),
    held,
    blocked,
    nextDue: firstDue(entries),
    owed: parseTodo((await readText(storage, LAYOUT.todo)) ?? '')?.projects.size ?? 0,
    projects: sizes.count,
    files,
    bytes,
    bytesFree: await storage.properties.freeBytes?.().catch(() => undefined),
    running: await runAtWork(storage, Date.now()),
    unknown: unknownLines(unknown, filters.entries),
    largest: sizes.largest,
    failures: failures.sort((a, b) => (a.since < b.since ? -1 : 1)),
    history: await loadHistory(storage),
    ...needsOf(await loadNotes(storage)),
  }
}

/** Sizes as the pages give them: looking at each file would take a request for each on S3. */
async function projectSizes(
  { config, storage, progress }: StatusContext,
  most: number,
): Promise<{ count: number; largest: ProjectSize[] }> {
  let count = 0
  let largest: ProjectSize[] = []
  const keepLargest = (): void => {
    largest.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))
    if (most > 0) largest = largest.slice(0, most)
  }
  progress?.phase('Reading pages')
  for await (const names of mirroredNames(storage, config.hashIndex)) {
    for (const name of names) {
      const page = await storedPage(storage, config, name)
      progress?.step()
      // A directory without pages is not a project's.
      if (page === undefined) continue
      count += 1
      largest.push({
        name,
        ...(config.releaseFiles ? await pageSize(storage, page, config.rootUri) : { files: 0, bytes: 0 }),
      })
      if (most > 0 && largest.length > most + 1000) keepLargest()
    }
  }
  keepLargest()
  return { count, largest }
}

async function pageSize(
  storage: Storage,
  page: JsonObject,
  rootUri: string,
): Promise<Pick<ProjectSize, 'files' | 'bytes'>> {
  const listed = field(page, 'files')
  const sizes = (Array.isArray(listed) ? listed : []).map((file) => (isObject(file) ? field(file, 'size') : undefined))
  if (sizes.every((size) => typeof size === 'number')) {
    return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  }
  // HTML pages, and JSON ones from before PEP 700, name no sizes.
  let bytes = 0
  for (const key of pageKeys(page, rootUri))
    if (!key.endsWith('.metadata')) bytes += (await storage.stat(key))?.size ?? 0
  return { files: sizes.length, bytes }
}

function firstDue(entries: readonly (readonly [string, LedgerEntry])[]): string | undefined {
  const times = entries.flatMap(([, { due }]) => due ?? [])
  return times.length === 0 ? undefined : isoTime(times.reduce((a, b) => Math.min(a, b)))
}

function failuresOf(entries: readonly (readonly [string, LedgerEntry])[]): ProjectFailure[] {
  return entries.flatMap(([project, { owed, absent }]): ProjectFailure[] => {
    // One that the mirror never had and upstream answers 404 for is no failure.
    if (owed === undefined || absent === 'gone') return []
    const { since, runs, next, reason } = owed
    return [{ project, since: isoTime(since), runs, next: isoTime(next), reason }]
  })
}

async function readText(storage: Storage, key: string): Promise<string | undefined> {
  return (await storage.read(key))?.toString('utf8')
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined
}

function needsOf({ closure }: RunNotes): Pick<MirrorStatus, 'needs'> {
  return closure === undefined ? {} : { needs: { projects: closure.projects, missing: closure.missing } }
}
