import { counted } from '../../count.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import { throwIfStopped } from '../run/context.js'
import type { Verifying } from './types.js'

/** What S3 removes with one request. */
const BATCH = 1000

/**
 * Removes the stored files that no project accounts for. Nothing is removed while a project's files could not be told,
 * when nothing at all is accounted for, or when more than half of what is stored would go: then something is wrong.
 */
export async function removeUnowned({ context, options, owned, unaccounted }: Verifying): Promise<void> {
  const { storage, log, report } = context
  const refuse = (reason: string): void => {
    report.refusals.push(reason)
  }
  if (unaccounted.length > 0) {
    refuse(
      `no files are removed: those of ${counted(unaccounted.length, 'project')} (${unaccounted.slice(0, 3).join(', ')}) could not be told`,
    )
    return
  }
  let stored = 0
  let unowned = 0
  for await (const key of storedFiles(storage)) {
    stored += 1
    if (!owned.has(key)) unowned += 1
  }
  log.info(`We have ${counted(stored, 'file')}. ${counted(unowned, 'unowned file')}`)
  if (unowned === 0) return
  if (!options.yes && !options.dryRun && (owned.count === 0 || unowned * 2 > stored)) {
    refuse(
      `${unowned} of ${counted(stored, 'stored file')} would be removed; if that is right, run verify --delete --yes`,
    )
    return
  }
  let batch: string[] = []
  const remove = async (): Promise<void> => {
    await storage.remove(batch, { pruneParents: true })
    for (const key of batch) log.debug(`Removed ${storage.location(key)}`)
    report.filesRemoved += batch.length
    batch = []
  }
  for await (const key of storedFiles(storage)) {
    throwIfStopped(context)
    if (owned.has(key)) continue
    if (options.dryRun) {
      log.info(`[DRY RUN] would remove ${storage.location(key)}`)
      report.planned.remove.push(storage.location(key))
    } else if (batch.push(key) === BATCH) await remove()
  }
  await remove()
}

/** Keys of all release files and of all provenance objects. */
async function* storedFiles(storage: Storage): AsyncGenerator<string> {
  for (const top of [LAYOUT.packages, LAYOUT.integrity]) {
    for await (const { key } of storage.walk(top)) yield key
  }
}
