import { meantText } from '../../model/nearest-name.js'
import { removeProject } from '../project/remove.js'
import { hasPages } from '../project/stored.js'
import type { Journal } from '../state/journal.js'
import type { Context } from './context.js'
import type { Listing } from './listed.js'
import type { WorkResult } from './work-result.js'

interface Found {
  readonly result: WorkResult
  readonly journal: Journal
  readonly listing: Listing
}

/** `sync`: removes the named projects that upstream or a metadata filter withdrew. The admin named them: no guard. */
export async function removeFound(context: Context, { result, journal, listing }: Found): Promise<void> {
  const { config, storage, log, shapeOf } = context
  const ledger = await context.ledger()
  for (const { item, removal, absent, withheld } of result.withdrawn.values()) {
    if (absent === 'gone' && !(await hasPages(storage, config, item.name))) {
      await reportUnknown(context, item.name, listing)
      continue
    }
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

/** A project that upstream does not have and the mirror has no pages of: mostly a misspelled name. */
async function reportUnknown(context: Context, name: string, listing: Listing): Promise<void> {
  const ledger = await context.ledger()
  ledger.delete(name)
  const reason = await notOnUpstream(name, listing)
  context.log.error(`${name} ${reason}`)
  context.report.failures.push({ project: name, reason })
}

/** `is not on upstream (did you mean requests?)` */
export async function notOnUpstream(name: string, listing: Listing): Promise<string> {
  return `is not on upstream${meantText(await listing.meant(name))}`
}
