import type { Context } from '../mirror/context.js'

/** Says what the run did; true when nothing is missing and nothing was refused. */
export function logSummary(context: Context): boolean {
  const { report, log, http } = context
  log.info(
    `${report.projectsSynced} packages had changes: ${report.filesFetched} files fetched (${report.bytesFetched} bytes), ` +
      `${report.removals.length} projects removed, ${http.counts.requests} requests`,
  )
  for (const { project, reason } of report.removals) log.info(`Removed: ${project}: ${reason}`)
  if (report.refused > 0) log.warn(`${report.refused} projects or release files were refused`)
  for (const { project, reason } of report.failures) log.error(`Not up to date: ${project}: ${reason}`)
  for (const refusal of report.refusals) log.error(refusal)
  return report.failures.length === 0 && report.refusals.length === 0
}
