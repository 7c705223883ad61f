/**
 * What the mirror remembers of one project: what its pages were made from, why it has none, and what is owed.
 * A line of `.bandersnatch/projects`; docs/architecture.md describes the file.
 */
export interface LedgerEntry {
  /** serial of upstream that the pages (or their absence) were made from; 0 where upstream has none or nobody knows */
  readonly serial: number
  /** fingerprint of the configuration that shaped the pages (plan/shape.ts); '' where nobody knows */
  readonly shape: string
  /** the name as upstream spells it, where that is not the normalized name */
  readonly rawName?: string
  /** why there are no pages; the serial is the one at which that was found */
  readonly absent?: AbsentReason
  /** the pages name files that carry the name of another project */
  readonly foreign?: true
  /** seconds since the epoch: when the project must be looked at again although upstream did not change it */
  readonly due?: number
  /** files that a filter holds back until some time */
  readonly held?: number
  /** files of releases that advisories block */
  readonly blocked?: number
  readonly owed?: Owed
}

/**
 * `gone`: upstream does not have it. `empty`: it has no files. `filtered`: a metadata filter does not want it.
 * `refused`: its name or all of its files must not be mirrored. `deleted`: the command `delete` removed it.
 * `blocked`: advisories block all of its releases.
 * `untaken`: bandersnatch 8.0 left it out of a mirror that was taken over. `failed`: it could not be had so far.
 */
export type AbsentReason = (typeof ABSENT_REASONS)[number]
const ABSENT_REASONS = ['gone', 'empty', 'filtered', 'refused', 'blocked', 'deleted', 'untaken', 'failed'] as const

/** What could not be had of a project. */
export interface Owed {
  /** seconds since the epoch of the first failure */
  readonly since: number
  /** runs in which it failed */
  readonly runs: number
  /** seconds since the epoch before which it is not asked for again, unless its serial changes */
  readonly next: number
  /** serial that was asked for */
  readonly serial: number
  /** upstream lists the project, but answers that it does not have it */
  readonly missing?: true
  readonly reason: string
}

/** Name, serial, shape and what follows. */
const BEGINNING = /^([^ ]+) (\d{1,15}) (-|[0-9a-f]{1,64}(?:\.[a-z][0-9a-f]{1,10})*)((?: .*)?)$/s
const NUMBER = /^\d{1,15}$/

/** One line without its line end: `name serial shape key=value...`. `reason` comes last, as it may hold blanks. */
export function formatEntry(name: string, entry: LedgerEntry): string {
  const parts = [name, String(entry.serial), entry.shape === '' ? '-' : entry.shape]
  if (entry.absent !== undefined) parts.push(`absent=${entry.absent}`)
  if (entry.foreign === true) parts.push('foreign')
  if (entry.rawName !== undefined) parts.push(`raw=${encodeURIComponent(entry.rawName.toWellFormed())}`)
  if (entry.due !== undefined) parts.push(`due=${isoTime(entry.due)}`)
  if (entry.held !== undefined) parts.push(`held=${entry.held}`)
  if (entry.blocked !== undefined) parts.push(`blocked=${entry.blocked}`)
  const { owed } = entry
  if (owed !== undefined) {
    parts.push(`owed=${isoTime(owed.since)}`, `runs=${owed.runs}`, `next=${isoTime(owed.next)}`, `for=${owed.serial}`)
    if (owed.missing === true) parts.push('missing')
    parts.push(`reason=${owed.reason.replace(/\s+/g, ' ').trim()}`)
  }
  return parts.join(' ')
}

/** undefined for a line that is none. */
export function parseEntry(line: string): readonly [name: string, entry: LedgerEntry] | undefined {
  const reasonAt = line.indexOf(' reason=')
  const head = reasonAt < 0 ? line : line.slice(0, reasonAt)
  const beginning = parseBeginning(head)
  if (beginning === undefined) return undefined
  const { name, serial, shape, fields } = beginning
  const absent = ABSENT_REASONS.find((reason) => reason === fields.get('absent'))
  if (fields.has('absent') && absent === undefined) return undefined
  const reason = reasonAt < 0 ? '' : line.slice(reasonAt + ' reason='.length)
  const owed = fields.has('owed') ? parseOwed(fields, reason) : undefined
  if (fields.has('owed') && owed === undefined) return undefined
  return [name, { serial, shape, ...optionalFields(fields, absent), ...(owed && { owed }) }]
}

interface Beginning extends Pick<LedgerEntry, 'serial' | 'shape'> {
  readonly name: string
  readonly fields: ReadonlyMap<string, string>
}

function parseBeginning(head: string): Beginning | undefined {
  const [, name = '', serial = '', shape = '', others = ''] = BEGINNING.exec(head) ?? []
  if (name === '') return undefined
  return {
    name,
    serial: Number(serial),
    shape: shape === '-' ? '' : shape,
    fields: parseFields(others.split(' ').slice(1)),
  }
}

/** `key=value` and `key` */
function parseFields(parts: readonly string[]): Map<string, string> {
  return new Map(
    parts.map((part): [string, string] => {
      const equals = part.indexOf('=')
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
    }),
  )
}

function optionalFields(
  fields: ReadonlyMap<string, string>,
  absent: AbsentReason | undefined,
): Omit<LedgerEntry, 'serial' | 'shape' | 'owed'> {
  const due = time(fields.get('due'))
  const rawName = decoded(fields.get('raw'))
  return {
    ...(rawName === undefined ? {} : { rawName }),
    ...(absent === undefined ? {} : { absent }),
    ...(fields.has('foreign') ? { foreign: true } : {}),
    ...(due === undefined ? {} : { due }),
    ...count(fields, 'held'),
    ...count(fields, 'blocked'),
  }
}

function count(fields: ReadonlyMap<string, string>, name: 'held' | 'blocked'): Partial<LedgerEntry> {
  const text = fields.get(name) ?? ''
  return /^[1-9]\d{0,8}$/.test(text) ? { [name]: Number(text) } : {}
}

function parseOwed(fields: ReadonlyMap<string, string>, reason: string): Owed | undefined {
  const since = time(fields.get('owed'))
  const next = time(fields.get('next'))
  const runs = fields.get('runs') ?? ''
  const serial = fields.get('for') ?? ''
  if (since === undefined || next === undefined || !NUMBER.test(runs) || !NUMBER.test(serial)) return undefined
  const missing = fields.has('missing') ? ({ missing: true } as const) : {}
  return { since, runs: Number(runs), next, serial: Number(serial), ...missing, reason }
}

/** Whole seconds, as `2026-11-25T17:00:00Z`. */
function isoTime(seconds: number): string {
  return `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`
}

function time(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
