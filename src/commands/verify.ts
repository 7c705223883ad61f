import { runVerify } from '../mirror/verify.js'
import type { VerifyOptions } from '../mirror/verify.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { summarized } from './summary.js'

/** `bandersnatch verify`. `workers`: projects looked at together; 0 for the configured number. */
export async function verifyCommand(setting: Setting, options: VerifyOptions & { readonly workers: number }): Promise<number> {
  const { log, output } = setting
  const about = { command: 'verify', log, summaryJson: output.summaryJson, dryRun: options.dryRun }
  return withMirror(setting, { command: 'verify', writesDiff: false, creates: false }, async (context) => {
    const verifiers = options.workers > 0 ? options.workers : context.config.verifiers
    return summarized(context, about, () => runVerify({ ...context, config: { ...context.config, verifiers } }, options))
  })
}
