import { removalGuard } from '../plan/removal-guard.js'
import type { PlannedRun } from '../plan/plan-run.js'
import { asMalware } from '../project/blocked.js'
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

/**
 * Removes what should no longer be served. What advisories block goes in any case, whatever `removed-projects` and the
 * guards say; of the rest all of it or, where a guard refuses, nothing.
 */
export async function removeWithdrawn(context: Context, run: RemovalRun): Promise<RemovedNames> {
  const { config, report, storage } = context
  const { ledger } = run.known
  const candidates: Candidate[] = []
  const bad: Candidate[] = []
  for (const found of candidatesOf(context, run)) {
    const candidate = { ...found, removal: await asMalware(context, found.removal) }
    const isBad = candidate.removal.by === 'advisories'
    const goes = isBad || config.removedProjects !== 'keep'
    if (!goes || !(await hasPages(storage, config, candidate.removal.project))) settle(context, run, candidate)
    else if (isBad) bad.push(candidate)
    else candidates.push(candidate)
  }
  await removeAll(context, run, bad)
  const names = new Set(bad.map(({ removal }) => removal.project))
  const missing = config.removedProjects === 'keep' ? 0 : run.plan.missing
  if (candidates.length + missing === 0) return { names, refused: [] }
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
    return { names, refused: candidates }
  }
  await removeAll(context, run, candidates)
  for (const { removal } of candidates) names.add(removal.project)
  return { names, refused: [] }
}

async function removeAll(
  context: Context,
  { known: { ledger }, journal }: RemovalRun,
  candidates: readonly Candidate[],
): Promise<void> {
  if (candidates.length === 0) return
  context.progress.phase('Removing', candidates.length)
  for (const { removal, after } of candidates) {
    await journal?.begin([removal.project])
    await removeProject(context, removal)
    if (after === undefined) ledger.delete(removal.project)
    else ledger.set(removal.project, after)
    await journal?.finished(removal.project, after)
  }
}

function candidatesOf({ shapeOf }: Context, { plan, changes, result }: RemovalRun): Candidate[] {
  const planned = plan.removals.map((removal) => ({ removal, rawName: removal.project, serial: 0, after: undefined }))
  const found = [...result.withdrawn.values()].map(({ item, removal, absent, withheld }): Candidate => ({
    removal,
    rawName: item.rawName,
    serial: item.serial,
    after: { serial: item.serial, shape: shapeOf(item.name), absent, ...withheld },
  }))
  // A backup of upstream may lack what will come back.
  return [...planned, ...found.filter(({ removal }) => !changes.wentBack || removal.by === 'advisories')]
}

/** A project without pages, or one that `removed-projects = keep` keeps: it is not asked for again in every run. */
function settle({ config }: Context, { known: { ledger } }: RemovalRun, { removal, after, serial }: Candidate): void {
  const entry = ledger.get(removal.project)
  if (config.removedProjects !== 'keep' || removal.by === 'advisories') {
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
