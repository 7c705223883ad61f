import type { LogLine } from '../../log/types.js'
import type { RunLog } from '../../log/log.js'
import type { Context } from '../../mirror/run/context.js'
import { loadTold, saveTold } from '../../mirror/state/told.js'
import type { Told } from '../../mirror/state/told.js'
import type { Summary } from './data.js'
import { makeDigest } from './digest.js'

export interface News {
  /** a failure is new, or was told a day ago */
  readonly failing: boolean
  readonly lines: readonly LogLine[]
}

/**
 * Finds out what is new of a run, remembers it as told, and writes it where the log is kept back. Only `mirror` is
 * repeated: what another command could not do is new each time.
 */
export async function tellNews(
  { config, storage }: Pick<Context, 'config' | 'storage'>,
  { log, digest = false }: { readonly log: RunLog; readonly digest?: boolean },
  summary: Summary,
): Promise<News> {
  if (summary.command !== 'mirror') return { failing: !summary.ok, lines: [] }
  if (!digest && config.onFailure === undefined) return { failing: false, lines: [] }
  // Where the storage fails, nobody knows what was told: everything is told.
  const before: Told = await loadTold(storage).catch(() => new Map())
  const { lines, failing, told } = makeDigest(summary, log.withheld(), before)
  await saveTold(storage, told, before).catch(() => undefined)
  if (digest) log.tell(lines)
  return { failing, lines }
}
