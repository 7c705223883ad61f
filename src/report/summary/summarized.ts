import { writeFileSync } from 'node:fs'
import { BandersnatchError, EXIT, errorText } from '../../errors.js'
import type { RunLog } from '../../log/log.js'
import type { Context } from '../../mirror/run/context.js'
import { appendHistory, loadHistory } from '../../mirror/state/history.js'
import type { RunRecord } from '../../mirror/state/history.js'
import type { Progress } from '../../mirror/run/progress.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
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
    const ending = { command: about.command, startedAt, endedAt: new Date(), exitCode, error, warnings: about.log }
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
  return report.failures.length === 0 && report.refusals.length === 0
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
  if (dryRun || (metricsFile === undefined && isUneventful(context.storage, summary))) return
  const history = await remember(context, summary)
  if (metricsFile === undefined) return
  attempt(context, `The metrics-file cannot be written to ${metricsFile}`, () =>
    replaceFile(metricsFile, metricsText(history)),
  )
}

async function remember({ storage, log }: Context, summary: Summary): Promise<RunRecord[]> {
  let before: RunRecord[] = []
  try {
    before = await loadHistory(storage)
    if (isUneventful(storage, summary)) return [...before, toRecord(summary, before)]
    const runs = await appendHistory(storage, before, toRecord(summary, before))
    if (storage.properties.metered) await markFailure(storage, summary.ok)
    return runs
  } catch (error) {
    // A storage that fails has ended the run; here it is only another place where that could be noted.
    log.warn(`The run cannot be added to the history: ${errorText(error)}`)
    return [...before, toRecord(summary, before)]
  }
}

/**
 * In a bucket a run that found nothing to do is not added to the history, which would take as many requests again as
 * half of the run. One after a run that failed is: the history must not end with the failure.
 */
function isUneventful(storage: Storage, { command, ok, projects, files, serial, warnings }: Summary): boolean {
  const done = projects.synced + projects.removed + files.fetched + files.removed + warnings.count
  const quiet = command === 'mirror' && ok && done === 0 && serial.before === serial.after
  return storage.properties.metered && quiet && storage.properties.version?.(LAYOUT.lastFailed) === undefined
}

async function markFailure(storage: Storage, ok: boolean): Promise<void> {
  if (ok) await storage.remove(LAYOUT.lastFailed)
  else await storage.write(LAYOUT.lastFailed, '')
}

function attempt({ log }: Context, problem: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    log.warn(`${problem}: ${errorText(error)}`)
  }
}
