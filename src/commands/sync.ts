import { EXIT } from '../errors.js'
import { runSync } from '../mirror/sync-some.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { logSummary } from './summary.js'

/** `bandersnatch sync NAME...` */
export async function syncCommand(setting: Setting, names: readonly string[], options: { readonly skipSimpleRoot: boolean }): Promise<number> {
  return withMirror(setting, { command: 'sync', writesDiff: true, creates: true }, async (context) => {
    await runSync(context, names, { writeRoot: !options.skipSimpleRoot })
    await context.diff.close()
    return logSummary(context) ? EXIT.ok : EXIT.incomplete
  })
}
