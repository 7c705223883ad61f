import { runSync } from '../mirror/sync.js'
import { dryRunSync } from './dry-run.js'
import { withMirror } from './open.js'
import type { Overrides, Setting } from './open.js'
import { summarized } from '../report/summary/summarized.js'

export interface SyncOptions extends Overrides {
  readonly skipSimpleRoot: boolean
  readonly dryRun: boolean
  /** with dryRun: the plan as JSON */
  readonly json?: boolean
}

/** `bandersnatch sync NAME...` */
export async function syncCommand(setting: Setting, names: readonly string[], options: SyncOptions): Promise<number> {
  if (options.dryRun) return dryRunSync(setting, names, options.json === true)
  const about = { command: 'sync', log: setting.log, summaryJson: setting.output.summaryJson }
  return withMirror(
    setting,
    { command: 'sync', writesDiff: true, creates: true, advisories: 'fetch', overrides: options },
    (context) =>
      summarized(context, about, async () => {
        await runSync(context, names, { writeRoot: !options.skipSimpleRoot })
        await context.diff.close()
      }),
  )
}
