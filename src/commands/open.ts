import { readFileSync } from 'node:fs'
import type { Gate } from '../attestations/gate.js'
import { hostFacts } from '../config/host.js'
import { readLogConfig } from '../log/python/config.js'
import { loadConfig } from '../config/load.js'
import type { Config } from '../config/types.js'
import { shapeOf } from '../config/shape.js'
import { userAgent } from '../config/version.js'
import { ConfigError, errorText } from '../errors.js'
import { loadFilters, PLUGIN_TABLE } from '../filters/index.js'
import type { Advises, Filters } from '../filters/types.js'
import type { RunLog } from '../log/log.js'
import type { Log, LogFormat, LogLevel } from '../log/types.js'
import { endRequests } from '../mirror/run/context.js'
import type { ClosureRun } from '../mirror/closure/types.js'
import type { Context } from '../mirror/run/context.js'
import { createClosureRun } from '../mirror/closure/create.js'
import { openDiffFile } from '../mirror/run/diff-file.js'
import { refuseMetadataFilters } from '../mirror/project/json-api.js'
import { createAdvisoryHolder } from '../mirror/run/advisories.js'
import type { AdvisoryAccess } from '../mirror/run/advisories.js'
import { makeShape, shapeLookup } from '../mirror/plan/shape.js'
import type { OwnTexts, Shape } from '../mirror/plan/shape.js'
import { createOwners } from '../mirror/project/owners.js'
import { createJsonApi } from '../mirror/run/json-api.js'
import { createKeyLocks } from '../mirror/run/key-locks.js'
import { loadLedger } from '../mirror/state/ledger.js'
import { loadNotes } from '../mirror/state/run-notes.js'
import { createReport } from '../mirror/run/report.js'
import { createProgress, wantsProgress } from '../report/progress.js'
import { createFilesystemStorage } from '../storage/filesystem/filesystem.js'
import type { Storage } from '../storage/types.js'
import { createHttpClient } from '../upstream/http/client.js'
import { createUpstream } from '../upstream/index.js'
import { once, openGate } from './attestations.js'
import { createFetchThread } from '../mirror/fetch-thread/start.js'

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

export interface Opening {
  /** the command line, for whoever finds the lock taken */
  readonly command: string
  /** whether the command writes `diff-file` */
  readonly writesDiff: boolean
  /** whether the mirror directory may be new; else there must be one */
  readonly creates: boolean
  /** nothing is written, so no lock is taken */
  readonly readOnly?: boolean
  /** how [osv] database is read; absent: the command does not go by advisories */
  readonly advisories?: AdvisoryAccess
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
  const config = loadConfig(setting.configPath, { env: setting.env, plugins: PLUGIN_TABLE })
  if (config.mirror.logConfig !== undefined) log.configure(readLogConfig(config.mirror.logConfig))
  warnOf(log, config.warnings)
  const startedAt = setting.now?.() ?? new Date()
  const advisories = createAdvisoryHolder()
  const how = { directory: setting.cwd, now: startedAt.getTime(), advisories }
  const loaded = await loadFilters(config.file, config.enabledPlugins, how)
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
    proxy: config.mirror.proxy,
    allowNonHttps: config.mirror.allowNonHttps,
    ca: readCertificates(setting.env['SSL_CERT_FILE']),
  }
  const http = createHttpClient({ ...httpOptions, log })
  const report = createReport()
  const verbose = setting.output.level === 'verbose' || setting.output.level === 'debug'
  const fetchThread =
    config.s3 === undefined
      ? createFetchThread({ config: config.mirror, http, httpOptions, log, verbose, report })
      : undefined
  const stopRequests = (): void => endRequests({ http, fetchThread }, stop.signal.reason ?? new Error('stopped'))
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
      const read = { storage, http, log, report, now: startedAt.getTime() }
      const advisoriesId = await advisories.open(read, filters, opening.advisories)
      const deciding = config.attestations.check === 'off' ? undefined : gate
      const shape = configuredShape(config, filters, deciding)
      const ledger = once(() => loadLedger(storage))
      const owned = { config: config.mirror, storage, log, ledger }
      return await run({
        config: config.mirror,
        storage,
        startedAt,
        advisoriesId,
        shape,
        shapeOf: shapeLookup(shape, ownTexts(filters, deciding, closure)),
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
        fetchThread,
      })
    } finally {
      progress.close()
      await fetchThread?.close()
      await lock?.release()
      await storage.close()
    }
  } finally {
    stop.signal.removeEventListener('abort', stopRequests)
    await http.close()
  }
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
  return closure === undefined ? { closure, filters } : createClosureRun({ file, closure, directory }, filters)
}

/** What the configuration makes of every project: options, filters, and what `[attestations]` lets through. */
export function configuredShape({ mirror }: Pick<Config, 'mirror'>, filters: Filters, gate: Gate | undefined): Shape {
  const options = shapeOf(mirror)
  if (gate === undefined) return makeShape(options, filters)
  return makeShape({ ...options, attestations: gate.settings }, filters, gate.projects)
}

/** What shapes single projects beside. */
export function ownTexts(filters: Filters, gate: Gate | undefined, closure: ClosureRun | undefined): OwnTexts {
  const advises = filters.advisories?.advises
  return {
    ...(advises === undefined ? {} : { advisories: (name: string) => advisedText(advises, name) }),
    ...(gate === undefined ? {} : { publishers: (name) => gate.projects.get(name) ?? '' }),
    ...(closure === undefined ? {} : { selection: (name: string) => closure.selection.textOf(name) }),
  }
}

function advisedText(advises: Advises, name: string): string {
  const known = advises.fingerprint(name)
  return known === '' ? '' : `${advises.action} ${known}`
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
