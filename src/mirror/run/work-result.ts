import type { WorkItem } from '../plan/types.js'
import type { Ledger } from '../state/ledger.js'
import type { AbsentReason } from '../state/ledger-entry.js'
import type { Context } from './context.js'
import { MISSING, isBelieved } from './next-entry.js'
import type { Outcome, Withheld } from './outcome.js'
import type { Removal } from './report.js'

/** A project whose pages should go, found while it was worked on. */
export interface Withdrawal {
  readonly item: WorkItem
  readonly removal: Removal
  /** how the ledger remembers it */
  readonly absent: AbsentReason
  readonly withheld?: Withheld
}

/** What became of a list of projects, by normalized name. */
export interface WorkResult {
  readonly withdrawn: ReadonlyMap<string, Withdrawal>
  /** owed to the next run, with the reason */
  readonly failed: ReadonlyMap<string, { readonly item: WorkItem; readonly reason: string }>
  /** projects that were worked on, whatever became of them */
  readonly done: ReadonlySet<string>
  /** what ended the work early: the first error (`stop-on-error`), or the time (`run-for`) */
  readonly stopped: 'error' | 'time' | undefined
  /** where the time ended it: what was not worked on, or was to be worked on once more */
  readonly left: readonly WorkItem[]
  /** Counts an outcome; one of an earlier round is replaced. */
  take(context: Context, item: WorkItem, outcome: Outcome): void
  /** The projects to try once more, with their lines in the ledger as they are now. */
  takeAgain(ledger: Ledger): WorkItem[]
}

export function isFailing({ failed }: Pick<WorkResult, 'failed'>): boolean {
  return failed.size > 0
}

function isServed({ entry }: WorkItem): boolean {
  return entry !== undefined && entry.absent === undefined
}

/** The configuration does not want the project; upstream has it. */
function isOwnChoice(absent: AbsentReason): boolean {
  return absent === 'filtered' || absent === 'blocked'
}

export const WITHDRAWN = 'upstream no longer has it (deleted or in quarantine)'
export const UNWANTED = 'a metadata filter no longer wants it'

/** A reducer over outcomes. */
export function createWorkResult(): WorkResult {
  const withdrawn = new Map<string, Withdrawal>()
  const failed = new Map<string, { item: WorkItem; reason: string }>()
  const again = new Map<string, WorkItem>()
  const askedTwice = new Set<string>()
  const done = new Set<string>()
  const synced = new Set<string>()
  /** projects of which a line said already that they fail */
  const told = new Set<string>()

  function forget({ report }: Context, { name }: WorkItem): void {
    failed.delete(name)
    const before = withdrawn.get(name)
    if (before === undefined) return
    withdrawn.delete(name)
    if (isOwnChoice(before.absent)) report.projectsFiltered -= 1
    else report.projectsGone -= 1
  }

  function withdraw(
    { report }: Context,
    item: WorkItem,
    why: Omit<Withdrawal, 'item' | 'removal'> & Omit<Removal, 'project'>,
  ): void {
    const { absent, withheld = {}, reason, by } = why
    withdrawn.set(item.name, { item, absent, withheld, removal: { project: item.name, reason, by } })
    if (isOwnChoice(absent)) report.projectsFiltered += 1
    else report.projectsGone += 1
  }

  function fail({ log }: Context, item: WorkItem, { reason, passing }: { reason: string; passing: boolean }): void {
    failed.set(item.name, { item, reason })
    // One that failed in several runs costs no more than it must.
    const retried = passing && (item.entry?.owed?.runs ?? 0) < 2
    if (retried) again.set(item.name, item)
    // The end of the run tells what could not be had.
    const level = retried && !told.has(item.name) ? 'info' : 'debug'
    told.add(item.name)
    log[level](
      `Error syncing package: ${item.name}@${item.serial}: ${reason}${retried ? '; trying again later in this run' : ''}`,
    )
  }

  function take(context: Context, item: WorkItem, outcome: Outcome): void {
    const { log, report, diff } = context
    const { name } = item
    if (outcome.kind === 'postponed') return
    forget(context, item)
    done.add(name)
    switch (outcome.kind) {
      case 'synced':
        diff.add(outcome.changed)
        // One of which something is owed is worked on again in a later round.
        if (!synced.has(name)) report.projectsSynced += 1
        synced.add(name)
        if (outcome.owed !== undefined) fail(context, item, { reason: outcome.owed, passing: true })
        for (const other of outcome.disturbed)
          again.set(other, { ...item, name: other, rawName: other, serial: 0, render: true })
        break
      case 'empty':
        log.info(`${name} has no files upstream`)
        withdraw(context, item, { absent: 'empty', reason: WITHDRAWN, by: 'upstream' })
        break
      case 'missing':
        // This may be a cache's mistake.
        if (!askedTwice.has(name)) {
          log.info(`${name}: upstream answers 404`)
          askedTwice.add(name)
          again.set(name, item)
        }
        if (isBelieved(context, item)) withdraw(context, item, { absent: 'gone', reason: WITHDRAWN, by: 'upstream' })
        else if (isServed(item)) failed.set(name, { item, reason: MISSING })
        break
      case 'filtered':
        withdraw(context, item, { absent: 'filtered', withheld: outcome.withheld, reason: UNWANTED, by: 'admin' })
        break
      case 'blocked':
        log.warn(`${name} is ${outcome.reason}`)
        withdraw(context, item, { ...outcome, absent: 'blocked', by: 'advisories' })
        break
      case 'refused':
        log.warn(`Refusing ${outcome.reason}`)
        report.refused += 1
        if (item.entry !== undefined)
          withdraw(context, item, { absent: 'refused', reason: outcome.reason, by: 'upstream' })
        break
      case 'failed':
        fail(context, item, outcome)
        break
    }
  }

  return {
    withdrawn,
    failed,
    done,
    stopped: undefined,
    left: [],
    take,
    takeAgain(ledger) {
      const items = [...again.values()].map((item) => {
        const entry = ledger.get(item.name)
        // A project that another one disturbed is in the ledger as it was before.
        return failed.has(item.name) || withdrawn.has(item.name) ? item : { ...item, entry, serial: entry?.serial ?? 0 }
      })
      again.clear()
      return items
    },
  }
}
