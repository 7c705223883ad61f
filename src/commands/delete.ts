import { runDelete } from '../mirror/delete.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { reportedPlan } from '../report/plan.js'
import { summarized } from '../report/summary/summarized.js'

export interface DeleteOptions {
  readonly dryRun: boolean
  /** with dryRun: what would be done as JSON, on stdout */
  readonly json?: boolean
}

/** `bandersnatch delete NAME...` */
export async function deleteCommand(
  setting: Setting,
  names: readonly string[],
  options: DeleteOptions,
): Promise<number> {
  const about = { command: 'delete', log: setting.log, summaryJson: setting.output.summaryJson, dryRun: options.dryRun }
  return withMirror(setting, { command: 'delete', writesDiff: false, creates: false }, async (context) => {
    const exitCode = await summarized(context, about, () => runDelete(context, names, options))
    if (options.json === true) setting.print(reportedPlan(context.report))
    return exitCode
  })
}
