import { runDelete } from '../mirror/delete.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { summarized } from './summary.js'

/** `bandersnatch delete NAME...` */
export async function deleteCommand(setting: Setting, names: readonly string[], options: { readonly dryRun: boolean }): Promise<number> {
  const about = { command: 'delete', log: setting.log, summaryJson: setting.output.summaryJson, dryRun: options.dryRun }
  return withMirror(setting, { command: 'delete', writesDiff: false, creates: false }, (context) =>
    summarized(context, about, () => runDelete(context, names, options)))
}
