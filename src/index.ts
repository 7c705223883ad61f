/**
 * The program as a library: a mirror from a configuration file, planned and run by other programs.
 * See docs/library.md.
 */
import { resolve } from 'node:path'
import { withMirror } from './commands/open.js'
import type { Setting } from './commands/open.js'
import { createScreen } from './log/screen.js'
import type { RunLog } from './log/log.js'
import type { Log } from './log/types.js'
import { planMirror } from './mirror/dry-run.js'
import type { DryRun, DryRunOptions } from './mirror/dry-run.js'
import { runMirror } from './mirror/mirror.js'
import type { MirrorOptions } from './mirror/mirror.js'
import type { Progress } from './mirror/run/progress.js'
import type { Report } from './mirror/run/report.js'
import { runSync } from './mirror/sync.js'

export { BandersnatchError, ConfigError, EXIT, LockedError, StorageError, UpstreamError } from './errors.js'
export type { DryRun, DryRunOptions, Log, MirrorOptions, Progress, Report }

export interface UseOptions {
  /** where messages go; nowhere when absent */
  readonly log?: Log
  /** told how far a run is */
  readonly progress?: Progress
  /** aborting it ends the run within two seconds */
  readonly stop?: AbortController
  /** what proxies are read from; none when absent */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A mirror, locked for as long as the function given to useMirror runs. */
export interface Mirror {
  /** What a run would do, without doing it. @throws UpstreamError */
  plan(options?: Partial<DryRunOptions>): Promise<DryRun>
  /** Brings the mirror up to date. What failed is in the report, not thrown. @throws UpstreamError, StorageError */
  run(options?: Partial<MirrorOptions>): Promise<Report>
  /** Brings only the named projects up to date. */
  sync(names: readonly string[]): Promise<Report>
}

/**
 * Opens the mirror of a configuration file, takes its lock, and closes everything when `use` is done.
 * @throws ConfigError, ConfigMissingError, LockedError
 */
export async function useMirror<T>(
  configPath: string,
  use: (mirror: Mirror) => Promise<T>,
  options: UseOptions = {},
): Promise<T> {
  const output = { progress: false, format: 'text', level: 'info', summaryJson: undefined } as const
  const setting: Setting = {
    configPath,
    cwd: resolve('.'),
    env: options.env ?? {},
    log: silentUnless(options.log),
    output,
    print: () => undefined,
    stop: options.stop ?? new AbortController(),
  }
  return withMirror(setting, { command: 'library', writesDiff: true, creates: true }, (opened) => {
    const context = { ...opened, progress: options.progress ?? opened.progress }
    return use({
      plan: (wanted) =>
        planMirror(context, { forceCheck: false, allowRemovals: false, retryFailed: false, quick: false, ...wanted }),
      async run(wanted) {
        await runMirror(
          { ...context, startedAt: new Date() },
          { forceCheck: false, allowRemovals: false, retryFailed: false, ...wanted },
        )
        await context.diff.close()
        return context.report
      },
      async sync(names) {
        await runSync(context, names, { writeRoot: true })
        return context.report
      },
    })
  })
}

function silentUnless(log: Log | undefined): RunLog {
  const nothing = (): void => undefined
  return {
    ...(log ?? { debug: nothing, info: nothing, warn: nothing, error: nothing }),
    screen: createScreen({ writer: { write: nothing }, terminal: false, columns: () => undefined }),
    warnings: () => [],
    warningCount: () => 0,
    withhold: nothing,
    withheld: () => [],
    tell: nothing,
    configure: nothing,
    close: async () => undefined,
  }
}
