import { runMirror } from '../mirror/mirror.js'
import type { MirrorOptions } from '../mirror/mirror.js'
import { withMirror } from './open.js'
import type { Overrides, Setting } from './open.js'
import { summarized } from '../report/summary/summarized.js'

/** `bandersnatch mirror` */
export async function mirrorCommand(setting: Setting, options: MirrorOptions & Overrides): Promise<number> {
  const about = { command: 'mirror', log: setting.log, summaryJson: setting.output.summaryJson }
  return withMirror(setting, { command: 'mirror', writesDiff: true, creates: true, overrides: options }, (context) =>
    summarized(context, about, async () => {
      await runMirror(context, options)
      await context.diff.close()
    }),
  )
}
