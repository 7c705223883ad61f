import type { LedgerEntry } from '../state/ledger-entry.js'
import type { Context } from './context.js'
import { nextOwed } from './next-entry.js'
import { failureText } from './outcome.js'
import type { WorkResult } from './work-result.js'

/** Reports what the run could not have, and what failed before and was not asked for in this run. */
export function reportFailures(
  context: Context,
  { result, waiting }: { readonly result: WorkResult; readonly waiting: ReadonlyMap<string, LedgerEntry> },
): void {
  const { failures } = context.report
  for (const { item, reason } of result.failed.values()) {
    const { since, runs } = nextOwed(context, item, { reason })
    failures.push({ project: item.name, reason, since: isoTime(since), runs })
  }
  for (const [project, { owed }] of waiting) {
    if (owed === undefined) continue
    const reason = `${owed.reason} (not asked again before ${minuteText(owed.next)}; --retry-failed asks at once)`
    failures.push({ project, reason, since: isoTime(owed.since), runs: owed.runs })
  }
  reportRefused(context)
}

/** Reports release files that their attestations keep out. Asking again would not help, so nothing is owed. */
export function reportRefused({ report }: Pick<Context, 'report'>): void {
  for (const [project, reasons] of report.refusedFiles) {
    report.refused += reasons.length
    report.failures.push({ project, reason: failureText(reasons) ?? '' })
  }
  report.refusedFiles.clear()
}

/** `2026-11-25 17:00 UTC` */
function minuteText(seconds: number): string {
  return `${isoTime(seconds).slice(0, 16).replace('T', ' ')} UTC`
}

export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
