import { EXIT } from '../errors.js'
import { runDelete } from '../mirror/delete.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { logSummary } from './summary.js'

/** `bandersnatch delete NAME...` */
export async function deleteCommand(setting: Setting, names: readonly string[], options: { readonly dryRun: boolean }): Promise<number> {
  return withMirror(setting, { command: 'delete', writesDiff: false, creates: false }, async (context) => {
    await runDelete(context, names, options)
    return logSummary(context) ? EXIT.ok : EXIT.incomplete
  })
}
