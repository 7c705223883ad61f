import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { hostFacts } from '../config/host.js'
import { readLogConfig } from '../log/python/config.js'
import { loadConfig, loadExistingConfig } from '../config/load.js'
import type { Config } from '../config/types.js'
import { userAgent } from '../config/version.js'
import { ConfigError, LockedError, errorText } from '../errors.js'
import { PLUGIN_TABLE } from '../filters/index.js'
import type { RunLog } from '../log/log.js'
import type { Log, LogFormat, LogLevel } from '../log/types.js'
import { endRequests } from '../mirror/run/context.js'
import type { Context } from '../mirror/run/context.js'
import { createBigFiles } from '../mirror/run/big-files.js'
import { createHeldBytes } from '../mirror/run/held-bytes.js'
import { openDiffFile } from '../mirror/run/diff-file.js'
import { refuseMetadataFilters } from '../mirror/project/json-api.js'
import { createAdvisoryHolder } from '../mirror/run/advisories.js'
import type { AdvisoryAccess } from '../mirror/run/advisories.js'
import { createOwners } from '../mirror/project/owners.js'
import { createJsonApi } from '../mirror/run/json-api.js'
import { createKeyLocks } from '../mirror/run/key-locks.js'
import { loadLedger } from '../mirror/state/ledger.js'
import { loadNotes } from '../mirror/state/run-notes.js'
import { endOf, timeIsUp } from '../mirror/run/time-limit.js'
import { createReport } from '../mirror/run/report.js'
import { createProgress, figuresOf, wantsProgress } from '../report/progress.js'
import { createFilesystemStorage } from '../storage/filesystem/filesystem.js'
import type { Lock, Storage } from '../storage/types.js'
import { createHttpClient } from '../upstream/http/client.js'
import { mostRequests } from '../upstream/http/concurrency.js'
import { createUpstream } from '../upstream/index.js'
import { once } from './once.js'
import { openContent } from './content.js'
import { createFetchThreads } from '../mirror/fetch-thread/start.js'
import type { FetchThreads } from '../mirror/fetch-thread/types.js'
import { takeLock } from './lock.js'

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

export interface Opening<T> {
  /** the command line, for whoever finds the lock taken */
  readonly command: string
  /** whether the command writes `diff-file` */
  readonly writesDiff: boolean
  /** whether the mirror directory may be new; else there must be one */
  readonly creates: boolean
  readonly overrides?: Overrides
  /** nothing is written, so no lock is taken */
  readonly readOnly?: boolean
  /** how [osv] database is read; absent: the command does not go by advisories */
  readonly advisories?: AdvisoryAccess
  /** attestations are checked even where the configuration says `check = off`: `verify --attestations` */
  readonly checksAttestations?: boolean
  /** how long to wait for a run that holds the lock */
  readonly waitSeconds?: number | undefined
  /** the result where another run holds the lock; without it that is an error */
  readonly onBusy?: ((error: LockedError) => T) | undefined
}

/**
 * The composition root: reads the configuration, takes the mirror's lock, makes everything that a run needs, and
 * closes it all again however the run ends.
 */
export async function withMirror<T>(
  setting: Setting,
  opening: Opening<T>,
  run: (context: Context) => Promise<T>,
): Promise<T> {
  const { log, stop } = setting
  // All projects under way listen to it.
  setMaxListeners(0, stop.signal)
  const load = opening.creates ? loadConfig : loadExistingConfig
  const read = load(setting.configPath, { env: setting.env, plugins: PLUGIN_TABLE })
  const config: Config = { ...read, mirror: { ...read.mirror, ...given(opening.overrides) } }
  const end = endOf(config.mirror.runFor)
  if (config.mirror.logConfig !== undefined) log.configure(readLogConfig(config.mirror.logConfig))
  for (const warning of config.warnings) log.warn(warning)
  const startedAt = setting.now?.() ?? new Date()
  const advisories = createAdvisoryHolder()
  const checksAttestations = opening.checksAttestations === true
  const how = { directory: setting.cwd, now: startedAt.getTime(), advisories, checksAttestations, log }
  const content = await openContent(config, how)
  if (config.mirror.metadata === 'simple') refuseMetadataFilters(content.filters)
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
  const http = createHttpClient({ ...httpOptions, log, onRefusal: (refusal) => fetchThreads?.heed(refusal) })
  const report = createReport()
  const verbose = ['verbose', 'debug'].includes(setting.output.level)
  const fetchThreads: FetchThreads | undefined =
    config.s3 === undefined
      ? createFetchThreads({ config: config.mirror, http, httpOptions, log, verbose, report, end })
      : undefined
  const stopRequests = (): void => endRequests({ http, fetchThreads }, stop.signal.reason ?? new Error('stopped'))
  stop.signal.addEventListener('abort', stopRequests)
  try {
    const storage = await openStorage(config, log, (error) => stop.abort(error))
    if (opening.creates) await storage.prepare([])
    const lock = await lockFor(storage, opening, setting)
    if (lock instanceof LockedError && opening.onBusy !== undefined) return opening.onBusy(lock)
    if (lock instanceof LockedError) throw lock
    const progress = createProgress({
      screen: log.screen,
      enabled: wantsProgress(setting.output, setting.env),
      figures: () => figuresOf(report),
    })
    try {
      const readAt = { storage, http, log, report, now: startedAt.getTime() }
      const advisoriesId = await advisories.open(readAt, content.filters, opening.advisories)
      const ledger = once(() => loadLedger(storage))
      const owned = { config: config.mirror, storage, log, ledger }
      return await run({
        config: config.mirror,
        storage,
        startedAt,
        advisoriesId,
        shape: content.shape,
        shapeOf: content.shapeOf,
        closure: content.closure,
        ledger,
        locks: createKeyLocks(),
        owners: createOwners({ ...owned, foreignKnown: async () => (await loadNotes(storage)).foreignKnown }),
        upstream: createUpstream(http, { master: config.mirror.master, log }),
        http,
        filters: content.filters,
        attestations: content.gate,
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
        heldBytes: createHeldBytes(),
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

/** The lock, where the command needs one, or the error that names who has it. */
async function lockFor(
  storage: Storage,
  { command, readOnly = false, waitSeconds = 0 }: Pick<Opening<unknown>, 'command' | 'readOnly' | 'waitSeconds'>,
  { log, stop }: Setting,
): Promise<Lock | LockedError | undefined> {
  if (readOnly) return undefined
  try {
    return await takeLock(storage, command, { waitSeconds, log, signal: stop.signal })
  } catch (error) {
    if (error instanceof LockedError) return error
    throw error
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
