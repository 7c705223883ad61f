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
import { runHook } from './hooks.js'
import { tellNews } from './news.js'

export interface RunAbout {
  readonly command: string
  readonly log: RunLog
  /** `--summary-json` */
  readonly summaryJson: string | undefined
  /** nothing is changed, so nothing is remembered either */
  readonly dryRun?: boolean
  /** a run that is repeated and should say nothing but what is new: `mirror --quiet` */
  readonly digest?: boolean
}

/**
 * Runs a command's work and says what it did, however it ends: in the log, `--summary-json`, the metrics file, the
 * history and to the hooks. None of these changes the run's exit code.
 * @param work returns an exit code, or nothing where what the report says decides
 */
export async function summarized(
  context: Context,
  about: RunAbout,
  work: () => Promise<number | void>,
): Promise<number> {
  const { startedAt, progress }: Context & { readonly progress?: Progress } = context
  const began = performance.now()
  const end = async (exitCode: number, error?: string): Promise<void> => {
    progress?.close()
    const { command, dryRun = false, log: warnings } = about
    const endedAt = new Date(startedAt.getTime() + performance.now() - began)
    const ending = { command, dryRun, startedAt, endedAt, exitCode, error, warnings }
    await tell(context, about, makeSummary(context, ending))
  }
  let exitCode: number
  try {
    exitCode = (await work()) ?? (isComplete(context) ? EXIT.ok : EXIT.incomplete)
  } catch (error) {
    const known = error instanceof BandersnatchError
    await end(known ? error.exitCode : EXIT.incomplete, errorText(error))
    // The digest has told it, or a digest before.
    if (known && about.digest === true) return error.exitCode
    throw error
  }
  await end(exitCode)
  return exitCode
}

/** Nothing is missing and nothing was refused by a guard. */
function isComplete({ report }: Context): boolean {
  return report.failures.length + report.refusals.length + report.shortcomings.length === 0
}

async function tell(context: Context, about: RunAbout, summary: Summary): Promise<void> {
  const { log } = context
  const { summaryJson, dryRun = false } = about
  if (about.digest !== true) for (const { level, text } of summaryLines(summary)) log[level](text)
  if (summaryJson !== undefined) {
    attempt(context, `The summary cannot be written to ${summaryJson}`, () => {
      writeFileSync(summaryJson, `${JSON.stringify(summary, null, 2)}\n`)
    })
  }
  if (dryRun) return
  await remember(context, summary)
  if (isChanging(summary)) await callHook(context, 'on-change', summary)
  const news = await tellNews(context, about, summary)
  if (news.failing) await callHook(context, 'on-failure', { ...summary, news: news.lines.map(({ text }) => text) })
}

/** Adds the run to the history, and to the metrics file. */
async function remember(context: Context, summary: Summary): Promise<void> {
  const { metricsFile } = context.config
  const bytesFree = await context.storage.properties.freeBytes?.().catch(() => undefined)
  const run = {
    ok: summary.ok,
    uneventful: isUneventful(summary),
    record: (before: readonly RunRecord[]) => toRecord(summary, before, bytesFree),
  }
  if (metricsFile === undefined && isForgotten(context.storage, run)) return
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

/** What is served is not what it was. */
function isChanging({ projects, files, verified }: Summary): boolean {
  const repaired = (verified?.repaired.pages ?? 0) + (verified?.repaired.documents ?? 0)
  return projects.synced + projects.removed + files.fetched + files.removed + repaired > 0
}

async function callHook(
  { config, log }: Context,
  name: 'on-failure' | 'on-change',
  document: Summary & { readonly news?: readonly string[] },
): Promise<void> {
  const command = name === 'on-failure' ? config.onFailure : config.onChange
  if (command === undefined) return
  const problem = await runHook(command, `${JSON.stringify(document)}\n`)
  if (problem !== undefined) log.warn(`The command of ${name} failed: ${problem}`)
}

function attempt({ log }: Context, problem: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    log.warn(`${problem}: ${errorText(error)}`)
  }
}
