import { counted, countText } from '../count.js'
import type { Amount, ExplainedDrop, Explanation } from '../mirror/explain.js'
import { bytesText } from './figures.js'
import type { AbsentReason, LedgerEntry } from '../mirror/state/ledger-entry.js'
import { ageText, secondsText, untilText } from './times.js'

const MOST_NEEDS = 10

/** What `mirror --explain NAME` prints. `now`: milliseconds since the epoch */
export function explanationText(explanation: Explanation, now: number): string {
  const { name, mirrored, verdict, drops, upstream, left, neededBy } = explanation
  const lines = drops
    .filter(({ kind }) => kind !== 'project')
    .map((drop) => `${drop.kind} ${drop.filename ?? drop.version ?? ''}: ${dropText(drop)}`)
  const more = neededBy.length > MOST_NEEDS ? [`and ${counted(neededBy.length - MOST_NEEDS, 'more requirement')}`] : []
  const amounts = upstream === undefined || left === undefined ? [] : [amountText(left, upstream)]
  const all = [...ledgerLines(explanation, now), ...neededBy.slice(0, MOST_NEEDS), ...more, ...amounts, ...lines]
  return [`${name}: ${verdict}${mirrored ? ' (mirrored now)' : ''}`, ...all.map((line) => `  ${line}`)].join('\n')
}

function place(where: string): string {
  return where === '' ? '' : ` (${where})`
}

function amountText(left: Amount, upstream: Amount): string {
  const files = `${countText(left.files)} of ${counted(upstream.files, 'file')}`
  const releases = `${countText(left.releases)} of ${counted(upstream.releases, 'release')}`
  return `left: ${files} in ${releases}, ${bytesText(left.bytes)} of ${bytesText(upstream.bytes)}`
}

function dropText({ plugin, until, advisories, where }: ExplainedDrop): string {
  if (plugin === undefined) return 'has no files'
  if (until !== undefined) return `held back until ${untilText(until)} by ${plugin}${place(where)}`
  if (advisories !== undefined) return `blocked by ${advisories.join(', ')} (${plugin})`
  return `dropped by ${plugin}${place(where)}`
}

/** A project's line in the ledger, in words. */
export function ledgerLines(
  { ledger, mirrored, outdated }: Pick<Explanation, 'ledger' | 'mirrored' | 'outdated'>,
  now: number,
): string[] {
  if (ledger === undefined) return [mirrored ? 'ledger: has no line for it' : 'ledger: does not know it']
  const { absent, due, held = 0, blocked = 0 } = ledger
  const withheld = [
    ...(held === 0 ? [] : [`${counted(held, 'file')} held back`]),
    ...(blocked === 0 ? [] : [`${counted(blocked, 'file')} blocked by advisories`]),
  ]
  return [
    absent === undefined ? `ledger: ${pagesText(ledger, outdated)}` : `ledger: ${absentText(absent, ledger)}`,
    ...(withheld.length === 0 ? [] : [withheld.join(', ')]),
    ...(due === undefined ? [] : [`looked at again at ${secondsText(due)}`]),
    ...(ledger.owed === undefined ? [] : [owedText(ledger.owed, now)]),
  ]
}

function pagesText({ serial, foreign }: LedgerEntry, outdated: boolean): string {
  const from = serial === 0 ? 'an unknown serial' : `serial ${serial}`
  const names = foreign === true ? '; they name files that carry the name of another project' : ''
  return `its pages were made from ${from} under ${outdated ? 'an earlier' : 'the present'} configuration${names}`
}

const ABSENT: Readonly<Record<AbsentReason, string>> = {
  gone: 'upstream did not have it',
  empty: 'upstream had no files of it',
  filtered: 'a metadata filter did not want it',
  refused: 'its name or all of its files must not be mirrored',
  blocked: 'advisories blocked all of its releases',
  deleted: 'the command delete removed it',
  untaken: 'bandersnatch 8.0 had left it out of the mirror that was taken over',
  failed: 'it could not be fetched so far',
}

function absentText(reason: AbsentReason, { serial }: LedgerEntry): string {
  return `it is absent because ${ABSENT[reason]}${serial === 0 ? '' : ` (at serial ${serial})`}`
}

function owedText({ since, runs, next, reason }: NonNullable<LedgerEntry['owed']>, now: number): string {
  const age = ageText(new Date(since * 1000).toISOString(), now)
  const later = next * 1000 > now ? `, not again before ${secondsText(next)} unless upstream changes it` : ''
  return `owed since ${secondsText(since)} (for ${age}), tried in ${counted(runs, 'run')}${later}: ${reason}`
}
