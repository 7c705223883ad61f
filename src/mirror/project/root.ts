import type { Context } from '../run/context.js'
import { writeRootIndex } from './pages.js'
import { mirroredNames } from './places.js'

/** Writes the root index of what the mirror serves. `serial`: of the mirror as a whole. */
export async function writeRoot(context: Context, serial: number): Promise<void> {
  const { storage, config, log, report, progress, diff } = context
  const ledger = await context.ledger()
  progress.phase('Root index')
  log.info('Generating global index page.')
  const names: string[] = []
  for await (const some of mirroredNames(storage, config.hashIndex)) for (const name of some) names.push(name)
  report.projectsMirrored = names.length
  // 0: upstream gives no serials
  const serialOf = (name: string): number | undefined => ledger.pageSerial(name) || undefined
  diff.add(await writeRootIndex(storage, config, { names, serial, serialOf }))
}
