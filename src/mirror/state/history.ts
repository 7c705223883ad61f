import { LAYOUT } from '../../model/layout.js'
import { field, isObject } from '../../model/json.js'
import type { Storage } from '../../storage/types.js'

/** One run as `.bandersnatch/history.jsonl` remembers it. */
export interface RunRecord {
  readonly command: string
  /** ISO 8601, as all times here */
  readonly startedAt: string
  readonly seconds: number
  readonly ok: boolean
  /** serial up to which the mirror is complete after the run, where the run knew */
  readonly serial: number | undefined
  /** serial of upstream, where the run asked */
  readonly upstreamSerial: number | undefined
  /** projects that the mirror serves, where the run counted them */
  readonly projects: number | undefined
  /** what the run did */
  readonly synced: number
  readonly files: number
  readonly bytes: number
  readonly filesRemoved: number
  readonly removed: number
  readonly failures: number
  /** files of all projects that were held back or blocked after the run, where it counted them */
  readonly held?: number | undefined
  readonly blocked?: number | undefined
  /** when the project that has failed for longest failed first */
  readonly oldestFailure?: string | undefined
  readonly warnings: number
  /** why a guard refused to remove something, and how many projects it kept */
  readonly refusal?: string | undefined
  readonly removalsRefused?: number | undefined
  /** how many projects the run looked at, by reason */
  readonly reasons?: Readonly<Record<string, number>> | undefined
  /** bytes that could still be stored after the run */
  readonly bytesFree?: number | undefined
  /** bytes of release files, where a run counted them: that count, and what was fetched since */
  readonly bytesStored?: number | undefined
  /** when the last run of this command without a failure ended */
  readonly lastSuccess: string | undefined
}

/** Runs that are remembered: a year of three a day. */
const KEPT = 1000

/** The runs so far, the oldest first. Lines that are no runs are passed over. */
export async function loadHistory(storage: Storage): Promise<RunRecord[]> {
  const text = (await storage.read(LAYOUT.history))?.toString('utf8') ?? ''
  return text.split('\n').flatMap((line) => parseRecord(line) ?? [])
}

/** Adds a run to those before it and returns all of them. */
export async function appendHistory(
  storage: Storage,
  before: readonly RunRecord[],
  record: RunRecord,
): Promise<RunRecord[]> {
  const records = [...before, record].slice(-KEPT)
  await storage.write(LAYOUT.history, records.map((run) => `${JSON.stringify(run)}\n`).join(''))
  return records
}

function parseRecord(line: string): RunRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const object = value
  const optional = (name: string): number | undefined => {
    const number = field(object, name)
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined
  }
  const number = (name: string): number => optional(name) ?? 0
  const text = (name: string): string | undefined => {
    const value = field(object, name)
    return typeof value === 'string' ? value : undefined
  }
  const time = (name: string): string | undefined => {
    const found = text(name)
    return found === undefined || Number.isNaN(Date.parse(found)) ? undefined : found
  }
  const command = field(object, 'command')
  const startedAt = time('startedAt')
  if (typeof command !== 'string' || startedAt === undefined) return undefined
  return {
    command,
    startedAt,
    seconds: number('seconds'),
    ok: field(object, 'ok') === true,
    serial: optional('serial'),
    upstreamSerial: optional('upstreamSerial'),
    projects: optional('projects'),
    synced: number('synced'),
    files: number('files'),
    bytes: number('bytes'),
    filesRemoved: number('filesRemoved'),
    removed: number('removed'),
    failures: number('failures'),
    held: optional('held'),
    blocked: optional('blocked'),
    oldestFailure: time('oldestFailure'),
    warnings: number('warnings'),
    refusal: text('refusal'),
    removalsRefused: optional('removalsRefused'),
    reasons: parseReasons(field(object, 'reasons')),
    bytesFree: optional('bytesFree'),
    bytesStored: optional('bytesStored'),
    lastSuccess: time('lastSuccess'),
  }
}

function parseReasons(value: unknown): RunRecord['reasons'] {
  if (!isObject(value)) return undefined
  const counts = Object.entries(value)
  return Object.fromEntries(counts.filter((pair): pair is [string, number] => typeof pair[1] === 'number'))
}
