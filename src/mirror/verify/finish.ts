import { LAYOUT } from '../../model/layout.js'
import { removalGuard } from '../plan/removal-guard.js'
import { asMalware } from '../project/blocked.js'
import { removeProject } from '../project/remove.js'
import { writeRoot } from '../project/root.js'
import { hasPages } from '../project/stored.js'
import type { Context } from '../run/context.js'
import type { Withdrawal } from '../run/work-result.js'
import type { Ledger } from '../state/ledger.js'
import { saveWithLooks } from '../state/next-look.js'
import type { State } from '../state/status-files.js'
import type { Verifying } from './types.js'

/** Removes what upstream withdrew, under the policy and the guard of `mirror`; then root index and ledger. */
export async function finishVerify(verifying: Verifying, state: State): Promise<void> {
  const { context, ledger, options } = verifying
  const removed = await removeWithdrawn(verifying)
  if (options.dryRun) return
  const rootMissing = (await context.storage.stat(rootKey(verifying))) === undefined
  if (removed > 0 || (rootMissing && ledger.pageCount() > 0)) await writeRoot(context, state.status ?? 0)
  await saveLedger(context, ledger)
}

/** Stores the ledger: from then on the journal tells nothing new. */
export async function saveLedger({ storage }: Pick<Context, 'storage'>, ledger: Ledger): Promise<void> {
  await saveWithLooks(storage, ledger)
  await storage.remove(LAYOUT.journal)
}

async function removeWithdrawn(verifying: Verifying): Promise<number> {
  const { context, options, withdrawn, ledger } = verifying
  const { config, storage, report } = context
  const served: Withdrawal[] = []
  const bad: Withdrawal[] = []
  for (const one of withdrawn) {
    const removal = await asMalware(context, one.removal)
    const isBad = removal.by === 'advisories'
    const goes = isBad || config.removedProjects !== 'keep'
    if (goes && (await hasPages(storage, config, one.item.name))) (isBad ? bad : served).push({ ...one, removal })
  }
  const first = await removeAll(verifying, bad)
  const refusal = removalGuard({
    removals: served.map(({ removal }) => removal),
    missing: 0,
    mirrored: ledger.pageCount(),
    limit: config.removalLimit,
    listedBefore: undefined,
    listedNow: undefined,
    allowed: options.yes,
  })
  if (refusal !== undefined) {
    report.refusals.push(refusal)
    report.removalsRefused += served.length
    return first
  }
  return first + (await removeAll(verifying, served))
}

async function removeAll(
  { context, options, ledger, journal }: Verifying,
  withdrawn: readonly Withdrawal[],
): Promise<number> {
  const { log, report, shapeOf } = context
  for (const { item, removal, absent, withheld } of withdrawn) {
    if (options.dryRun) {
      log.info(`[DRY RUN] would remove ${item.name}: ${removal.reason}`)
      report.planned.removals.push(removal)
      continue
    }
    await journal?.begin([item.name])
    await removeProject(context, removal)
    const entry = { serial: item.entry?.serial ?? 0, shape: shapeOf(item.name), absent, ...withheld }
    ledger.set(item.name, entry)
    await journal?.finished(item.name, entry)
  }
  return options.dryRun ? 0 : withdrawn.length
}

function rootKey({ context: { config } }: Verifying): string {
  return `${LAYOUT.simple}/${config.simpleFormat === 'JSON' ? 'index.v1_json' : 'index.html'}`
}
