import { errorText } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import { appendHistory, loadHistory } from './history.js'
import type { RunRecord } from './history.js'

export interface EndedRun {
  readonly ok: boolean
  /** it found nothing to do, and nothing was wrong */
  readonly uneventful: boolean
  /** the run for the history, given the runs before it */
  readonly record: (before: readonly RunRecord[]) => RunRecord
}

type RememberContext = { readonly storage: Storage; readonly log: Log }

/**
 * In a bucket a run that found nothing to do is not added to the history, which would take as many requests again as
 * half of the run. One after a run that failed is: the history must not end with the failure.
 */
export function isForgotten(storage: Storage, { uneventful }: Pick<EndedRun, 'uneventful'>): boolean {
  const { metered, version } = storage.properties
  return metered && uneventful && version?.(LAYOUT.lastFailed) === undefined
}

/** Adds a run to the history, and returns all runs. A storage that fails causes a warning only. */
export async function rememberRun({ storage, log }: RememberContext, run: EndedRun): Promise<RunRecord[]> {
  let before: RunRecord[] = []
  try {
    before = await loadHistory(storage)
    if (isForgotten(storage, run)) return [...before, run.record(before)]
    const runs = await appendHistory(storage, before, run.record(before))
    if (storage.properties.metered) await markFailure(storage, run.ok)
    return runs
  } catch (error) {
    // A storage that fails has ended the run; here it is only another place where that could be noted.
    log.warn(`The run cannot be added to the history: ${errorText(error)}`)
    return [...before, run.record(before)]
  }
}

async function markFailure(storage: Storage, ok: boolean): Promise<void> {
  if (ok) await storage.remove(LAYOUT.lastFailed)
  else await storage.write(LAYOUT.lastFailed, '')
}
