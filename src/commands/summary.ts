import { writeFileSync } from 'node:fs'
import { BandersnatchError, EXIT, errorText } from '../errors.js'
import type { RunLog } from '../log.js'
import type { Context } from '../mirror/context.js'
import { appendHistory, loadHistory } from '../mirror/history.js'
import type { RunRecord } from '../mirror/history.js'
import type { Progress } from '../mirror/progress.js'
import { replaceFile } from './replace-file.js'
import { makeSummary, toRecord } from './summary/data.js'
import type { Summary } from './summary/data.js'
import { summaryLines } from './summary/lines.js'
import { metricsText } from './summary/metrics.js'

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
export async function summarized(context: Context, about: RunAbout, work: () => Promise<number | void>): Promise<number> {
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
  if (dryRun) return
  const history = await remember(context, summary)
  const { metricsFile } = context.config
  if (metricsFile === undefined) return
  attempt(context, `The metrics-file cannot be written to ${metricsFile}`, () => replaceFile(metricsFile, metricsText(history)))
}

async function remember({ storage, log }: Context, summary: Summary): Promise<RunRecord[]> {
  let before: RunRecord[] = []
  try {
    before = await loadHistory(storage)
    return await appendHistory(storage, toRecord(summary, before))
  } catch (error) {
    // A storage that fails has ended the run; here it is only another place where that could be noted.
    log.warn(`The run cannot be added to the history: ${errorText(error)}`)
    return [...before, toRecord(summary, before)]
  }
}

function attempt({ log }: Context, problem: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    log.warn(`${problem}: ${errorText(error)}`)
  }
}
