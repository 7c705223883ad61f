import { createHash } from 'node:crypto'
import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import type { AdvisoryTable } from './advisory-index.js'
import type { FeedCounts } from './types.js'

/** What the mirror keeps of the database between runs. */
export interface AdvisorySnapshot {
  /** the file or URL that it was read from */
  readonly source: string
  /** prefixes of the ids that were read: with others the database must be read anew */
  readonly prefixes: readonly string[]
  /** milliseconds since the epoch: when it was read, and when the source last said that it is current */
  readonly readAt: number
  readonly checkedAt: number
  /** of the source's answer, for the next conditional request */
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly counts: FeedCounts
  readonly table: AdvisoryTable
}

export type ParsedSnapshot =
  | { readonly kind: 'snapshot'; readonly snapshot: AdvisorySnapshot }
  | { readonly kind: 'damaged'; readonly problem: string }

const FORMAT = 1

/**
 * The snapshot as text: a line of JSON with the digest of the rest, then one line a project, sorted by name.
 * About 100 bytes an advisory.
 */
export function formatSnapshot(snapshot: AdvisorySnapshot): string {
  return [...snapshotChunks(snapshot)].join('')
}

/** Projects of one chunk: the whole text would be in memory several times. */
const CHUNK = 1000

/** The same text piece by piece. */
export function* snapshotChunks({ table, ...rest }: AdvisorySnapshot): Generator<string> {
  const names = [...table.keys()].sort()
  const line = (name: string): string => `${name}\t${table.get(name) ?? ''}\n`
  const hash = createHash('sha256')
  for (const name of names) hash.update(line(name))
  const header = { format: FORMAT, ...rest, projects: names.length, sha256: hash.digest('hex') }
  yield `${JSON.stringify(header)}\n`
  for (let at = 0; at < names.length; at += CHUNK)
    yield names
      .slice(at, at + CHUNK)
      .map(line)
      .join('')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Reads what `formatSnapshot` wrote. A cut, edited or foreign text is `damaged`. */
export function parseSnapshot(text: string): ParsedSnapshot {
  const end = text.indexOf('\n')
  const header = parseHeader(text.slice(0, Math.max(end, 0)))
  if (header === undefined) return damaged('its first line cannot be read')
  if (field(header, 'format') !== FORMAT) return damaged('another version of this program wrote it')
  const body = text.slice(end + 1)
  if (field(header, 'sha256') !== digest(body)) return damaged('its digest is wrong')
  const rest = readHeader(header)
  return rest === undefined
    ? damaged('its first line lacks fields')
    : { kind: 'snapshot', snapshot: { ...rest, table: readTable(body) } }
}

function damaged(problem: string): ParsedSnapshot {
  return { kind: 'damaged', problem: `the stored advisories are damaged: ${problem}` }
}

function parseHeader(line: string): JsonObject | undefined {
  try {
    const header: unknown = JSON.parse(line)
    return isObject(header) ? header : undefined
  } catch {
    return undefined
  }
}

function readHeader(header: JsonObject): Omit<AdvisorySnapshot, 'table'> | undefined {
  const [source, prefixes, counts] = ['source', 'prefixes', 'counts'].map((name) => field(header, name))
  const [readAt, checkedAt] = [field(header, 'readAt'), field(header, 'checkedAt')]
  if (typeof source !== 'string' || typeof readAt !== 'number' || typeof checkedAt !== 'number') return undefined
  if (!Array.isArray(prefixes) || !isObject(counts)) return undefined
  const count = (name: string): number => {
    const value = field(counts, name)
    return typeof value === 'number' ? value : 0
  }
  const text = (name: string): string | undefined => {
    const value = field(header, name)
    return typeof value === 'string' ? value : undefined
  }
  return {
    source,
    prefixes: prefixes.filter((each) => typeof each === 'string'),
    readAt,
    checkedAt,
    etag: text('etag'),
    lastModified: text('lastModified'),
    counts: {
      records: count('records'),
      advisories: count('advisories'),
      withdrawn: count('withdrawn'),
      other: count('other'),
      unreadable: count('unreadable'),
    },
  }
}

function readTable(body: string): AdvisoryTable {
  const table = new Map<string, string>()
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\n', at)
    const tab = body.indexOf('\t', at)
    table.set(body.slice(at, tab), body.slice(tab + 1, end))
    at = end + 1
  }
  return table
}
