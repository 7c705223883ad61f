import { removeProject } from '../project/remove.js'
import { hasPages } from '../project/stored.js'
import type { Journal } from '../state/journal.js'
import type { Context } from './context.js'
import type { WorkResult } from './work-result.js'

/** `sync`: removes the named projects that upstream or a metadata filter withdrew. The admin named them: no guard. */
export async function removeFound(
  context: Context,
  { result, journal }: { readonly result: WorkResult; readonly journal: Journal },
): Promise<void> {
  const { config, storage, log, shapeOf } = context
  const ledger = await context.ledger()
  for (const { item, removal, absent, withheld } of result.withdrawn.values()) {
    log.warn(`${removal.project}: ${removal.reason}`)
    if (config.removedProjects === 'keep' && removal.by !== 'advisories') continue
    if (await hasPages(storage, config, item.name)) {
      await journal.begin([item.name])
      await removeProject(context, removal)
    }
    const entry = { serial: item.serial, shape: shapeOf(item.name), absent, ...withheld }
    ledger.set(item.name, entry)
    await journal.finished(item.name, entry)
  }
}
