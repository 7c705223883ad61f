import { runVerify } from '../mirror/verify.js'
import type { VerifyOptions } from '../mirror/verify/types.js'
import { withMirror } from './open.js'
import type { Overrides, Setting } from './open.js'
import { reportedPlan } from '../report/plan.js'
import { summarized } from '../report/summary/summarized.js'

export interface VerifyCommandOptions extends VerifyOptions, Overrides {
  /** projects looked at together; 0 for the configured number */
  readonly workers: number
  /** with dryRun: what would be done as JSON, on stdout */
  readonly json?: boolean
}

/** `bandersnatch verify` */
export async function verifyCommand(setting: Setting, options: VerifyCommandOptions): Promise<number> {
  const { log, output } = setting
  const about = { command: 'verify', log, summaryJson: output.summaryJson, dryRun: options.dryRun }
  const checksAttestations = options.attestations === true
  const opening = {
    command: 'verify',
    writesDiff: false,
    creates: false,
    checksAttestations,
    overrides: options,
    advisories: 'stored' as const,
  }
  return withMirror(setting, opening, async (context) => {
    const verifiers = options.workers > 0 ? options.workers : context.config.verifiers
    const exitCode = await summarized(context, about, () =>
      runVerify({ ...context, config: { ...context.config, verifiers } }, options),
    )
    if (options.json === true) setting.print(reportedPlan(context.report))
    return exitCode
  })
}
