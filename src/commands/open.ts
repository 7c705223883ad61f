import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import type { Gate } from '../attestations/gate.js'
import { hostFacts } from '../config/host.js'
import { readLogConfig } from '../log/python/config.js'
import { loadConfig } from '../config/load.js'
import type { Config } from '../config/types.js'
import { shapeOf } from '../config/shape.js'
import { userAgent } from '../config/version.js'
import { ConfigError, errorText } from '../errors.js'
import { loadFilters, PLUGIN_TABLE } from '../filters/index.js'
import type { Filters } from '../filters/types.js'
import type { RunLog } from '../log/log.js'
import type { Log, LogFormat, LogLevel } from '../log/types.js'
import { endRequests } from '../mirror/run/context.js'
import type { ClosureRun } from '../mirror/closure/types.js'
import type { Context } from '../mirror/run/context.js'
import { createBigFiles } from '../mirror/run/big-files.js'
import { createClosureRun } from '../mirror/closure/create.js'
import { openDiffFile } from '../mirror/run/diff-file.js'
import { refuseMetadataFilters } from '../mirror/project/json-api.js'
import { makeShape, shapeLookup } from '../mirror/plan/shape.js'
import type { OwnTexts, Shape } from '../mirror/plan/shape.js'
import { createOwners } from '../mirror/project/owners.js'
import { createJsonApi } from '../mirror/run/json-api.js'
import { createKeyLocks } from '../mirror/run/key-locks.js'
import { loadLedger } from '../mirror/state/ledger.js'
import { loadNotes } from '../mirror/state/run-notes.js'
import { endOf, timeIsUp } from '../mirror/run/time-limit.js'
import { createReport } from '../mirror/run/report.js'
import { createProgress, wantsProgress } from '../report/progress.js'
import { createFilesystemStorage } from '../storage/filesystem/filesystem.js'
import type { Storage } from '../storage/types.js'
import { createHttpClient } from '../upstream/http/client.js'
import { mostRequests } from '../upstream/http/concurrency.js'
import { createUpstream } from '../upstream/index.js'
import { once, openGate } from './attestations.js'
import { createFetchThreads } from '../mirror/fetch-thread/start.js'

/** What every command is given by cli.ts. */
export interface Setting {
  readonly configPath: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: RunLog
  readonly output: OutputOptions
  /** what a command was asked for, on stdout */
  print(text: string): void
  /** the time at which a run starts; for tests */
  readonly now?: () => Date
  /** aborted by a signal, with the reason */
  readonly stop: AbortController
}

export interface OutputOptions {
  readonly progress: boolean
  readonly format: LogFormat
  readonly level: LogLevel
  /** a file for what the run did */
  readonly summaryJson: string | undefined
}

/** What the command line may say instead of the configuration; absent where it does not. */
export type Overrides = Partial<Pick<Config['mirror'], 'runFor' | 'bandwidthLimit'>>

export interface Opening {
  /** the command line, for whoever finds the lock taken */
  readonly command: string
  /** whether the command writes `diff-file` */
  readonly writesDiff: boolean
  /** whether the mirror directory may be new; else there must be one */
  readonly creates: boolean
  readonly overrides?: Overrides
  /** nothing is written, so no lock is taken */
  readonly readOnly?: boolean
  /** attestations are checked even where the configuration says `check = off`: `verify --attestations` */
  readonly checksAttestations?: boolean
}

/**
 * The composition root: reads the configuration, takes the mirror's lock, makes everything that a run needs, and
 * closes it all again however the run ends.
 */
export async function withMirror<T>(
  setting: Setting,
  opening: Opening,
  run: (context: Context) => Promise<T>,
): Promise<T> {
  const { log, stop } = setting
  const read = loadConfig(setting.configPath, { env: setting.env, plugins: PLUGIN_TABLE })
  const config: Config = { ...read, mirror: { ...read.mirror, ...given(opening.overrides) } }
  const end = endOf(config.mirror.runFor)
  if (config.mirror.logConfig !== undefined) log.configure(readLogConfig(config.mirror.logConfig))
  warnOf(log, config.warnings)
  const loaded = await loadFilters(config.file, config.enabledPlugins, { directory: setting.cwd })
  const { closure, filters } = withClosure(config, loaded, setting.cwd)
  warnOf(log, [...loaded.warnings, ...(closure?.setup.warnings ?? [])])
  if (config.mirror.metadata === 'simple') refuseMetadataFilters(filters)
  const gate = await openGate(config, { always: opening.checksAttestations === true, log })
  const host = hostFacts()
  const httpOptions = {
    userAgent: userAgent(),
    timeout: config.mirror.timeout,
    globalTimeout: config.mirror.globalTimeout,
    workers: config.mirror.workers,
    maxRequests: config.mirror.maxRequests,
    bandwidth: config.mirror.bandwidthLimit,
    contact: config.mirror.contact,
    proxy: config.mirror.proxy,
    allowNonHttps: config.mirror.allowNonHttps,
    ca: readCertificates(setting.env['SSL_CERT_FILE']),
  }
  const http = createHttpClient({ ...httpOptions, log })
  const report = createReport()
  const verbose = setting.output.level === 'verbose' || setting.output.level === 'debug'
  const fetchThreads =
    config.s3 === undefined
      ? createFetchThreads({ config: config.mirror, http, httpOptions, log, verbose, report, end })
      : undefined
  const stopRequests = (): void => endRequests({ http, fetchThreads }, stop.signal.reason ?? new Error('stopped'))
  stop.signal.addEventListener('abort', stopRequests)
  try {
    const storage = await openStorage(config, log, (error) => stop.abort(error))
    if (opening.creates) await storage.prepare([])
    const lock = opening.readOnly === true ? undefined : await storage.lock(opening.command)
    const progress = createProgress({
      screen: log.screen,
      enabled: wantsProgress(setting.output, setting.env),
      figures: () => ({ files: report.filesFetched, bytes: report.bytesFetched }),
    })
    try {
      const deciding = config.attestations.check === 'off' ? undefined : gate
      const shape = configuredShape(config, filters, deciding)
      const ledger = once(() => loadLedger(storage))
      const owned = { config: config.mirror, storage, log, ledger }
      return await run({
        config: config.mirror,
        storage,
        startedAt: setting.now?.() ?? new Date(),
        shape,
        shapeOf: shapeLookup(shape, ownTexts(deciding, closure)),
        closure,
        ledger,
        locks: createKeyLocks(),
        owners: createOwners({ ...owned, foreignKnown: async () => (await loadNotes(storage)).foreignKnown }),
        upstream: createUpstream(http, { master: config.mirror.master, log }),
        http,
        filters,
        attestations: gate,
        log,
        report,
        progress,
        diff: await openDiffFile(
          storage,
          opening.writesDiff ? config.mirror : { ...config.mirror, diffFile: undefined },
          new Date(),
        ),
        jsonApi: createJsonApi(config.mirror.metadata),
        bootId: host.bootId,
        signal: stop.signal,
        timeIsUp: () => timeIsUp(end),
        bigFiles: createBigFiles(mostRequests(config.mirror.maxRequests)),
        fetchThreads,
      })
    } finally {
      progress.close()
      await fetchThreads?.close()
      await lock?.release()
      await storage.close()
    }
  } finally {
    stop.signal.removeEventListener('abort', stopRequests)
    await http.close()
  }
}

/** Commands pass all of their options on. */
function given({ runFor, bandwidthLimit }: Overrides = {}): Overrides {
  return { ...(runFor === undefined ? {} : { runFor }), ...(bandwidthLimit === undefined ? {} : { bandwidthLimit }) }
}

function warnOf(log: Log, warnings: readonly string[]): void {
  for (const warning of warnings) log.warn(warning)
}

/** The filters with what [closure] adds to them. */
function withClosure(
  { file, closure }: Config,
  filters: Filters,
  directory: string,
): { readonly closure: ClosureRun | undefined; readonly filters: Filters } {
  if (closure === undefined) return { closure, filters }
  // A closure of thousands of projects leaves more garbage than it needs memory: V8 is to collect it earlier.
  setFlagsFromString('--heap-growing-percent=50')
  return createClosureRun({ file, closure, directory }, filters)
}

/** What the configuration makes of every project: options, filters, and what `[attestations]` lets through. */
export function configuredShape({ mirror }: Pick<Config, 'mirror'>, filters: Filters, gate: Gate | undefined): Shape {
  const options = shapeOf(mirror)
  if (gate === undefined) return makeShape(options, filters)
  return makeShape({ ...options, attestations: gate.settings }, filters, gate.projects)
}

/** What shapes single projects beside. */
export function ownTexts(gate: Gate | undefined, closure: ClosureRun | undefined): OwnTexts {
  return {
    ...(gate === undefined ? {} : { publishers: (name) => gate.projects.get(name) ?? '' }),
    ...(closure === undefined ? {} : { selection: closure.selection.textOf }),
  }
}

async function openStorage(config: Config, log: Log, onLockLost: (error: Error) => void): Promise<Storage> {
  const { directory, managePermissions } = config.mirror
  const host = hostFacts()
  if (config.s3 === undefined) return createFilesystemStorage({ directory, managePermissions, host, onLockLost })
  // The AWS SDK is large and optional: only who uses it loads it.
  const { createS3Storage } = await import('../storage/s3/s3.js')
  return createS3Storage(config.s3, { directory, log, host, onLockLost, timedLock: config.s3.timedLock })
}

/** SSL_CERT_FILE, as OpenSSL programs read it; Node itself reads NODE_EXTRA_CA_CERTS. */
function readCertificates(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`SSL_CERT_FILE: ${path} cannot be read: ${errorText(error)}`, { cause: error })
  }
}
