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
import type { Filters } from '../filters/types.js'
import type { RunLog } from '../log/log.js'
import type { Log, LogFormat, LogLevel } from '../log/types.js'
import { endRequests } from '../mirror/run/context.js'
import type { Context } from '../mirror/run/context.js'
import { openDiffFile } from '../mirror/run/diff-file.js'
import { refuseMetadataFilters } from '../mirror/project/json-api.js'
import { makeShape, shapeIds } from '../mirror/plan/shape.js'
import type { Shape } from '../mirror/plan/shape.js'
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
import { once } from './once.js'
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
  for (const warning of config.warnings) log.warn(warning)
  const filters = await loadFilters(config.file, config.enabledPlugins, { directory: setting.cwd })
  for (const warning of filters.warnings) log.warn(warning)
  if (config.mirror.metadata === 'simple') refuseMetadataFilters(filters)
  const gate = await gateFor(config, opening, log)
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
      const shape = configuredShape(config, filters, config.attestations.check === 'off' ? undefined : gate)
      const ledger = once(() => loadLedger(storage))
      const owned = { config: config.mirror, storage, log, ledger }
      return await run({
        config: config.mirror,
        storage,
        startedAt: setting.now?.() ?? new Date(),
        shape,
        shapeOf: shapeIds(shape),
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

/** Decides by attestations. Its code is loaded only where it is asked for. @throws ConfigError */
async function gateFor(config: Config, { checksAttestations = false }: Opening, log: Log): Promise<Gate | undefined> {
  const { check, publishers } = config.attestations
  if (checksAttestations && config.mirror.integrityUrl === undefined)
    throw new ConfigError('verify --attestations needs provenance = true in [mirror]: else there are none to check')
  if (check === 'off' && publishers.length === 0 && !checksAttestations) return undefined
  const { openGate } = await import('./attestations.js')
  return openGate(config, { always: checksAttestations, log })
}

/** What the configuration makes of a project: options, filters, and what `[attestations]` lets through. */
export function configuredShape({ mirror }: Pick<Config, 'mirror'>, filters: Filters, gate: Gate | undefined): Shape {
  const options = shapeOf(mirror)
  if (gate === undefined) return makeShape(options, filters)
  return makeShape({ ...options, attestations: gate.settings }, filters, gate.projects)
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
