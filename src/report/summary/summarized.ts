import { writeFileSync } from 'node:fs'
import { BandersnatchError, EXIT, errorText } from '../../errors.js'
import type { RunLog } from '../../log/log.js'
import type { Context } from '../../mirror/run/context.js'
import type { RunRecord } from '../../mirror/state/history.js'
import { isForgotten, rememberRun } from '../../mirror/state/remember-run.js'
import type { Progress } from '../../mirror/run/progress.js'
import { replaceFile } from '../replace-file.js'
import { makeSummary, toRecord } from './data.js'
import type { Summary } from './data.js'
import { summaryLines } from './lines.js'
import { metricsText } from './metrics.js'

export interface RunAbout {
  readonly command: string
  readonly log: RunLog
  /** `--summary-json` */
  readonly summaryJson: string | undefined
  /** nothing is changed, so nothing is remembered either */
  readonly dryRun?: boolean
}

/**
 * Runs a command's work and says what it did, however it ends: in the log, `--summary-json`, the metrics file and the
 * history. None of these changes the run's exit code.
 * @param work returns an exit code, or nothing where what the report says decides
 */
export async function summarized(
  context: Context,
  about: RunAbout,
  work: () => Promise<number | void>,
): Promise<number> {
  const startedAt = new Date()
  const { progress }: Context & { readonly progress?: Progress } = context
  const end = async (exitCode: number, error?: string): Promise<void> => {
    progress?.close()
    const { command, dryRun = false, log: warnings } = about
    const ending = { command, dryRun, startedAt, endedAt: new Date(), exitCode, error, warnings }
    await tell(context, about, makeSummary(context, ending))
  }
  let exitCode: number
  try {
    exitCode = (await work()) ?? (isComplete(context) ? EXIT.ok : EXIT.incomplete)
  } catch (error) {
    await end(error instanceof BandersnatchError ? error.exitCode : EXIT.incomplete, errorText(error))
    throw error
  }
  await end(exitCode)
  return exitCode
}

/** Nothing is missing and nothing was refused by a guard. */
function isComplete({ report }: Context): boolean {
  return report.failures.length + report.refusals.length + report.shortcomings.length === 0
}

async function tell(context: Context, { summaryJson, dryRun = false }: RunAbout, summary: Summary): Promise<void> {
  const { log } = context
  for (const { level, text } of summaryLines(summary)) log[level](text)
  if (summaryJson !== undefined) {
    attempt(context, `The summary cannot be written to ${summaryJson}`, () => {
      writeFileSync(summaryJson, `${JSON.stringify(summary, null, 2)}\n`)
    })
  }
  const { metricsFile } = context.config
  const run = {
    ok: summary.ok,
    uneventful: isUneventful(summary),
    record: (before: readonly RunRecord[]) => toRecord(summary, before),
  }
  if (dryRun || (metricsFile === undefined && isForgotten(context.storage, run))) return
  const history = await rememberRun(context, run)
  if (metricsFile === undefined) return
  attempt(context, `The metrics-file cannot be written to ${metricsFile}`, () =>
    replaceFile(metricsFile, metricsText(history)),
  )
}

/** It found nothing to do, and had nothing to warn of. */
function isUneventful({ command, ok, projects, files, serial, warnings }: Summary): boolean {
  const done = projects.synced + projects.removed + files.fetched + files.removed + warnings.count
  return command === 'mirror' && ok && done === 0 && serial.before === serial.after
}

function attempt({ log }: Context, problem: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    log.warn(`${problem}: ${errorText(error)}`)
  }
}
