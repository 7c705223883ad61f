import type { RunLog } from '../../log/log.js'
import type { Context } from '../../mirror/run/context.js'
import { reportedUnknown } from '../../mirror/run/unknown.js'
import type { RunRecord } from '../../mirror/state/history.js'
import type { Failure, Removal, Report, Verified } from '../../mirror/run/report.js'

/** What a run did, as `--summary-json` writes it. Counts are of this run where nothing else is said. */
export interface Summary {
  readonly command: string
  readonly ok: boolean
  readonly exitCode: number
  /** what ended the run early */
  readonly error: string | undefined
  /** ISO 8601 */
  readonly startedAt: string
  readonly endedAt: string
  readonly seconds: number
  readonly upstream: string
  readonly serial: {
    readonly before: number | undefined
    readonly after: number | undefined
    readonly upstream: number | undefined
    /** how far the mirror is behind upstream */
    readonly behind: number | undefined
  }
  /** what `verify` looked at, and what it repaired; undefined for other commands */
  readonly verified: VerifySummary | undefined
  /** how much a dry run would have done; undefined for a real run */
  readonly planned: PlannedSummary | undefined
  readonly projects: {
    readonly synced: number
    readonly removed: number
    readonly gone: number
    readonly filtered: number
    /** that `run-for` left to the next run */
    readonly left: number
    /** that the mirror serves now */
    readonly mirrored: number | undefined
  }
  readonly files: { readonly fetched: number; readonly bytes: number; readonly removed: number }
  readonly requests: { readonly sent: number; readonly repeated: number; readonly connections: number }
  /** files of all projects that filters hold back for a time, and that advisories block; undefined where nobody counted */
  readonly withheld: { readonly held: number | undefined; readonly blocked: number | undefined }
  /** `stop-on-error` ended the run before it came to all projects */
  readonly stoppedEarly: boolean
  readonly failures: readonly Failure[]
  readonly removals: readonly Removal[]
  /** projects and release files from upstream that must not be mirrored */
  readonly refused: number
  /** what a guard kept from happening */
  readonly refusals: readonly string[]
  /** what the lists of the configuration ask for and upstream does not have, one line each */
  readonly unknown: readonly string[]
  /** projects that a guard kept from being removed */
  readonly removalsRefused: number
  /** how many projects `mirror` looked at, by reason */
  readonly reasons: Readonly<Record<string, number>>
  /** why the run is incomplete although no project failed */
  readonly shortcomings: readonly string[]
  readonly warnings: { readonly count: number; readonly first: readonly string[] }
}

/** Counts. A dry run repairs nothing. */
export interface VerifySummary extends Readonly<Verified> {
  readonly repaired: { readonly files: number; readonly pages: number; readonly documents: number }
}

/** What a dry run of `verify` or `delete` would do, as counts. */
export interface PlannedSummary {
  /** files to fetch */
  readonly fetch: number
  readonly bytes: number
  /** pages and documents to write anew */
  readonly pages: number
  /** projects to remove */
  readonly projects: number
  /** files and directories to remove */
  readonly remove: number
}

export interface Ending {
  readonly command: string
  readonly dryRun: boolean
  readonly startedAt: Date
  readonly endedAt: Date
  readonly exitCode: number
  readonly error: string | undefined
  readonly warnings: Pick<RunLog, 'warnings' | 'warningCount'>
}

export function makeSummary(context: Context, ending: Ending): Summary {
  const { report, http, upstream } = context
  const after = report.serialAfter ?? report.serialBefore
  const { serialUpstream } = report
  return {
    command: ending.command,
    ok: ending.exitCode === 0,
    exitCode: ending.exitCode,
    error: ending.error,
    startedAt: ending.startedAt.toISOString(),
    endedAt: ending.endedAt.toISOString(),
    seconds: (ending.endedAt.getTime() - ending.startedAt.getTime()) / 1000,
    upstream: upstream.url,
    serial: {
      before: report.serialBefore,
      after,
      upstream: serialUpstream,
      // Before the first complete run there is no serial to count from.
      behind: serialUpstream === undefined || after === undefined ? undefined : Math.max(0, serialUpstream - after),
    },
    verified: ending.command === 'verify' ? verifySummary(report, ending.dryRun) : undefined,
    planned: ending.dryRun ? plannedSummary(report) : undefined,
    projects: {
      synced: report.projectsSynced,
      removed: report.removals.length,
      gone: report.projectsGone,
      filtered: report.projectsFiltered,
      left: report.projectsLeft,
      mirrored: report.projectsMirrored,
    },
    files: { fetched: report.filesFetched, bytes: report.bytesFetched, removed: report.filesRemoved },
    requests: { sent: http.counts.requests, repeated: http.counts.retries, connections: http.counts.connections },
    withheld: { held: report.held, blocked: report.blocked },
    stoppedEarly: report.stoppedEarly,
    failures: report.failures,
    removals: report.removals,
    refused: report.refused,
    refusals: report.refusals,
    unknown: reportedUnknown(context),
    removalsRefused: report.removalsRefused,
    reasons: report.reasons,
    shortcomings: report.shortcomings,
    warnings: { count: ending.warnings.warningCount(), first: ending.warnings.warnings() },
  }
}

function verifySummary(
  { verified, filesFetched, pagesRepaired, documentsRepaired }: Report,
  dryRun: boolean,
): VerifySummary {
  const repaired = { files: filesFetched, pages: pagesRepaired, documents: documentsRepaired }
  return { ...verified, repaired: dryRun ? { files: 0, pages: 0, documents: 0 } : repaired }
}

function plannedSummary({ planned }: Report): PlannedSummary {
  return {
    fetch: planned.fetch.length,
    bytes: planned.fetch.reduce((sum, { bytes }) => sum + bytes, 0),
    pages: planned.pages.length,
    projects: planned.removals.length,
    remove: planned.remove.length,
  }
}

/** When the oldest of the failures was first seen. */
function oldestOf(failures: readonly Failure[]): string | undefined {
  return failures
    .flatMap(({ since }) => since ?? [])
    .sort()
    .at(0)
}

/**
 * The run for the history, given those before it.
 * @param bytesFree bytes that can still be stored, where that is known
 */
export function toRecord(summary: Summary, history: readonly RunRecord[], bytesFree?: number): RunRecord {
  const before = history.findLast(({ command }) => command === summary.command)
  return {
    command: summary.command,
    startedAt: summary.startedAt,
    seconds: summary.seconds,
    ok: summary.ok,
    serial: summary.serial.after,
    upstreamSerial: summary.serial.upstream,
    projects: summary.projects.mirrored,
    synced: summary.projects.synced,
    files: summary.files.fetched,
    bytes: summary.files.bytes,
    filesRemoved: summary.files.removed,
    removed: summary.projects.removed,
    failures: summary.failures.length,
    held: summary.withheld.held,
    blocked: summary.withheld.blocked,
    oldestFailure: oldestOf(summary.failures),
    warnings: summary.warnings.count,
    refusal: summary.refusals[0],
    removalsRefused: summary.removalsRefused,
    reasons: Object.keys(summary.reasons).length === 0 ? undefined : summary.reasons,
    bytesFree,
    bytesStored: bytesStored(summary, history),
    lastSuccess: summary.ok ? summary.endedAt : before?.lastSuccess,
  }
}

/** What a complete `verify` counted, or began with nothing, and what was fetched since. */
function bytesStored(
  { command, ok, planned, verified, serial, files }: Summary,
  history: readonly RunRecord[],
): number | undefined {
  if (verified !== undefined && planned === undefined && ok && verified.finishedBefore === 0) {
    return verified.bytes + files.bytes
  }
  const isNew = command === 'mirror' && history.length === 0 && serial.before === undefined
  const before = isNew ? 0 : history.at(-1)?.bytesStored
  return before === undefined ? undefined : before + files.bytes
}
