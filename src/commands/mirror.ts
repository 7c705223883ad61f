import { EXIT } from '../errors.js'
import { runMirror } from '../mirror/mirror.js'
import type { MirrorOptions } from '../mirror/mirror.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { logSummary } from './summary.js'

/** `bandersnatch mirror` */
export async function mirrorCommand(setting: Setting, options: MirrorOptions): Promise<number> {
  return withMirror(setting, { command: 'mirror', writesDiff: true, creates: true }, async (context) => {
    await runMirror(context, options)
    await context.diff.close()
    return logSummary(context) ? EXIT.ok : EXIT.incomplete
  })
}
