import { counted } from '../../count.js'
import type { WorkItem } from '../plan/types.js'
import { mostRequests } from '../../upstream/http/concurrency.js'
import { isOutOfOrder } from '../../upstream/http/health.js'
import { syncProject } from '../project/sync-project.js'
import { compareCodePoints } from '../../python/code-points.js'
import { throwIfStopped } from './context.js'
import type { Context } from './context.js'
import { eachOf } from './each-of.js'
import { createWorkResult, isFailing } from './work-result.js'
import type { WorkResult } from './work-result.js'
import { nextEntry } from './next-entry.js'
import type { Journal } from '../state/journal.js'
import type { Ledger } from '../state/ledger.js'

/** How often projects that failed are tried once more after all others: most faults of an upstream pass. */
const FURTHER_ROUNDS = 2
/** A listing of a thousand files costs as much as a look at one: worth while even if few of them are asked for. */
const PROJECTS_PER_LISTING = 100
/** So many failures are no chance; the next run deals with them. */
const MOST_RETRIED = 1000

export interface WorkOffOptions {
  /** told before a project's pages are touched and when it is done */
  readonly journal: Journal
  /** of which projects the journal is told before their pages are touched: those that the ledger has, or all */
  readonly announces: 'none' | 'known' | 'all'
  /** whether upstream lists a project, for one that it answers 404 for; without it only the plan tells */
  readonly isListed?: (name: string) => Promise<boolean>
  /** of an earlier part of the same run */
  readonly result?: WorkResult
}

/**
 * Works a list of projects off, several at a time. Each outcome goes into the result, the ledger and the journal. One
 * project that fails does not hold up the others; it is tried again in a later round.
 */
export async function workOff(
  context: Context,
  items: Iterable<WorkItem>,
  { journal, announces, isListed, result = createWorkResult() }: WorkOffOptions,
): Promise<WorkResult> {
  const { config, log, progress, storage } = context
  const ledger = await context.ledger()
  /** of the present round, those that are not done */
  let waiting = new Map<string, WorkItem>()
  const stopping = (): WorkResult['stopped'] => {
    if (config.stopOnError && isFailing(result)) return 'error'
    return context.timeIsUp() ? 'time' : undefined
  }

  async function workOn(planned: WorkItem): Promise<void> {
    await context.heldBytes.room()
    throwIfStopped(context)
    if (stopping() !== undefined) return
    let item = planned
    if (announces === 'all' || (announces === 'known' && item.entry !== undefined)) await journal.begin([item.name])
    const outcome = await syncProject(context, item)
    if (outcome.kind === 'missing' && isListed !== undefined && !(await isListed(item.name))) {
      item = { ...item, removed: true, listed: false }
    }
    if (outcome.kind === 'postponed') return
    waiting.delete(item.name)
    const isLacking = outcome.kind === 'failed' || (outcome.kind === 'synced' && outcome.owed !== undefined)
    progress.step(isLacking ? 'failed' : 'done', item.name)
    result.take(context, item, outcome)
    const entry = nextEntry(context, item, outcome)
    if (entry === 'unchanged') return
    ledger.set(item.name, entry)
    await journal.finished(item.name, entry)
  }

  let round = [...items].sort((a, b) => compareCodePoints(a.rawName, b.rawName))
  await storage.properties.survey?.(Math.ceil(round.length / PROJECTS_PER_LISTING))
  progress.phase('Projects', round.length)
  context.fetchThreads?.expect(round.length)
  for (let number = 0; round.length > 0 && stopping() === undefined; number += 1) {
    if (number > 0) {
      log.info(`Trying ${counted(round.length, 'project')} once more`)
      progress.phase('Once more', round.length)
    }
    waiting = new Map(round.map((item) => [item.name, item]))
    try {
      await eachOf(context, { items: round, width: mostRequests(config.maxRequests) }, workOn)
    } catch (error) {
      if (isOutOfOrder(error)) await forgive(result, { ledger, journal })
      throw error
    }
    const again = stopping() === 'time' ? [] : result.takeAgain(ledger)
    round = number < FURTHER_ROUNDS && again.length <= MOST_RETRIED ? again : []
  }
  const stopped = stopping()
  if (stopped !== 'time') return Object.assign(result, { stopped })
  // `round` holds those of a round that did not begin.
  const left = [...waiting.values(), ...round, ...result.takeAgain(ledger)]
  return Object.assign(result, { left, stopped: left.length > 0 ? stopped : undefined })
}

/** That upstream as a whole was out of order counts against no project: none is asked for less often because of it. */
async function forgive(
  { failed }: WorkResult,
  { ledger, journal }: { readonly ledger: Ledger; readonly journal: Journal },
): Promise<void> {
  for (const [name, { item }] of failed) {
    const entry = ledger.get(name)
    if (entry?.owed === undefined) continue
    const { runs, next } = item.entry?.owed ?? { runs: 0, next: entry.owed.since }
    const forgiven = { ...entry, owed: { ...entry.owed, runs, next } }
    ledger.set(name, forgiven)
    await journal.finished(name, forgiven)
  }
}
