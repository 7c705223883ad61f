import { removalGuard } from '../plan/removal-guard.js'
import type { PlannedRun } from '../plan/plan-run.js'
import { removeProject } from '../project/remove.js'
import { hasPages } from '../project/stored.js'
import type { Journal } from '../state/journal.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import type { Context } from './context.js'
import type { Removal } from './report.js'
import type { WorkResult } from './work-result.js'

export interface RemovedNames {
  /** normalized names of the removed projects */
  readonly names: ReadonlySet<string>
  /** those that a guard kept although they should go */
  readonly refused: readonly { readonly rawName: string; readonly serial: number }[]
}

interface Candidate {
  readonly removal: Removal
  readonly rawName: string
  readonly serial: number
  /** its line in the ledger once its pages are gone; undefined: none */
  readonly after: LedgerEntry | undefined
}

export interface RemovalRun extends PlannedRun {
  readonly result: WorkResult
  readonly journal: Journal | undefined
  /** `--allow-removals` */
  readonly allow: boolean
}

/** Removes what should no longer be served: all of it or, where a guard refuses, nothing. */
export async function removeWithdrawn(context: Context, run: RemovalRun): Promise<RemovedNames> {
  const { config, report, storage } = context
  const { ledger } = run.known
  const candidates: Candidate[] = []
  for (const candidate of candidatesOf(context, run)) {
    if (config.removedProjects !== 'keep' && (await hasPages(storage, config, candidate.removal.project)))
      candidates.push(candidate)
    else settle(context, run, candidate)
  }
  const missing = config.removedProjects === 'keep' ? 0 : run.plan.missing
  if (candidates.length + missing === 0) return { names: new Set(), refused: [] }
  const refusal = removalGuard({
    removals: candidates.map(({ removal }) => removal),
    missing,
    mirrored: ledger.pageCount(),
    limit: config.removalLimit,
    listedBefore: run.known.notes.listCount,
    listedNow: run.changes.list?.projects.size,
    allowed: run.allow,
  })
  if (refusal !== undefined) {
    report.refusals.push(refusal)
    report.removalsRefused += candidates.length + missing
    return { names: new Set(), refused: candidates }
  }
  context.progress.phase('Removing', candidates.length)
  for (const { removal, after } of candidates) {
    await run.journal?.begin([removal.project])
    await removeProject(context, removal)
    if (after === undefined) ledger.delete(removal.project)
    else ledger.set(removal.project, after)
    await run.journal?.finished(removal.project, after)
  }
  return { names: new Set(candidates.map(({ removal }) => removal.project)), refused: [] }
}

function candidatesOf({ shapeOf }: Context, { plan, changes, result }: RemovalRun): Candidate[] {
  const planned = plan.removals.map((removal) => ({ removal, rawName: removal.project, serial: 0, after: undefined }))
  const found = [...result.withdrawn.values()].map(({ item, removal, absent }): Candidate => ({
    removal,
    rawName: item.rawName,
    serial: item.serial,
    after: { serial: item.serial, shape: shapeOf(item.name), absent },
  }))
  // A backup of upstream may lack what will come back.
  return changes.wentBack ? planned : [...planned, ...found]
}

/** A project without pages, or one that `removed-projects = keep` keeps: it is not asked for again in every run. */
function settle({ config }: Context, { known: { ledger } }: RemovalRun, { removal, after, serial }: Candidate): void {
  const entry = ledger.get(removal.project)
  if (config.removedProjects !== 'keep') {
    if (after === undefined) ledger.delete(removal.project)
    else ledger.set(removal.project, after)
  } else if (entry !== undefined && entry.absent === undefined) {
    ledger.set(removal.project, {
      serial: Math.max(entry.serial, serial),
      shape: entry.shape,
      ...(entry.rawName === undefined ? {} : { rawName: entry.rawName }),
    })
  }
}
