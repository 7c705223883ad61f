import { isObject } from '../../model/parse.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'

/** What this tool remembers between runs beside 8.0's state files. Everything may be missing. */
export interface Memory {
  /** of the list of all projects as last seen */
  readonly listEtag: string | undefined
  readonly listCount: number | undefined
  readonly listSerial: number | undefined
  /** the serial that upstream itself was seen to have */
  readonly upstreamSerial: number | undefined
  /** milliseconds since the epoch: when the mirror was last compared with the whole list */
  readonly reconciledAt: number | undefined
  /** fingerprints of the filters that decided over what is mirrored */
  readonly projectFilters: string | undefined
  readonly contentFilters: string | undefined
  /** a guard kept the last run from removing projects: the next one looks again */
  readonly unsettled: boolean
  /** URL of the upstream that had PyPI's JSON API */
  readonly jsonApiAt: string | undefined
  /** state files as the last run left them: what the storage's version of them says need not be read */
  readonly stateFiles: StateFiles | undefined
}

/** key -> version and text */
export type StateFiles = Readonly<Record<string, readonly [version: string, text: string]>>

function parseStateFiles(value: unknown): StateFiles | undefined {
  if (!isObject(value)) return undefined
  const files = Object.entries(value).flatMap(([key, entry]): [string, [string, string]][] => {
    const parts: readonly unknown[] = Array.isArray(entry) ? entry : []
    const [version, text] = parts
    return typeof version === 'string' && typeof text === 'string' ? [[key, [version, text]]] : []
  })
  return Object.fromEntries(files)
}

/** A project that keeps failing: since when, how often, why. */
export interface FailureRecord {
  /** ISO 8601 */
  readonly since: string
  readonly runs: number
  readonly reason: string
}

export async function loadMemory(storage: Storage): Promise<Memory> {
  const read = await readJson(storage, LAYOUT.memory)
  const number = (name: string): number | undefined => {
    const value = read[name]
    return typeof value === 'number' ? value : undefined
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
    projectFilters: text('projectFilters'),
    contentFilters: text('contentFilters'),
    unsettled: read['unsettled'] === true,
    jsonApiAt: text('jsonApiAt'),
    stateFiles: parseStateFiles(read['stateFiles']),
  }
}

/** @param before what is stored, where that is known: the same is not written again */
export async function saveMemory(storage: Storage, memory: Memory, before?: Memory): Promise<void> {
  const text = memoryText(memory)
  if (before === undefined || memoryText(before) !== text) await storage.write(LAYOUT.memory, text)
}

function memoryText(memory: Memory): string {
  return `${JSON.stringify(memory, null, 2)}\n`
}

export async function loadFailures(storage: Storage): Promise<Map<string, FailureRecord>> {
  const failures = new Map<string, FailureRecord>()
  for (const [name, value] of Object.entries(await readJson(storage, LAYOUT.failures))) {
    if (!isObject(value)) continue
    const { since, runs, reason } = value
    if (typeof since === 'string' && typeof runs === 'number' && typeof reason === 'string') {
      failures.set(name, { since, runs, reason })
    }
  }
  return failures
}

export async function saveFailures(storage: Storage, failures: ReadonlyMap<string, FailureRecord>): Promise<void> {
  if (failures.size === 0) await storage.remove(LAYOUT.failures)
  else await storage.write(LAYOUT.failures, `${JSON.stringify(Object.fromEntries(failures), null, 2)}\n`)
}

/** Lines of `name serial`: which serial the mirror's pages have, or had when a project was found absent. */
export async function loadSerials(storage: Storage, key: string): Promise<Map<string, number>> {
  const serials = new Map<string, number>()
  const text = (await storage.read(key))?.toString('utf8') ?? ''
  for (let from = 0, to = text.indexOf('\n'); to >= 0; from = to + 1, to = text.indexOf('\n', from)) {
    const space = text.indexOf(' ', from)
    const serial = Number(text.slice(space + 1, to))
    if (space > from && space < to && Number.isSafeInteger(serial)) serials.set(text.slice(from, space), serial)
  }
  return serials
}

export async function saveSerials(storage: Storage, key: string, serials: ReadonlyMap<string, number>): Promise<void> {
  await storage.writeStream(key, serialLines(serials))
}

function* serialLines(serials: ReadonlyMap<string, number>): Generator<string> {
  for (const [name, serial] of serials) yield `${name} ${serial}\n`
}

async function readJson(storage: Storage, key: string): Promise<Record<string, unknown>> {
  const text = (await storage.read(key))?.toString('utf8')
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { ...value } : {}
  } catch {
    // Our own notes; without them the run only compares more than it must.
    return {}
  }
}
