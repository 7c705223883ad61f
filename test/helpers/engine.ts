import { onTestFinished } from 'vitest'
import type { AdvisoryIndex } from '../../src/advisories/advisory-index.js'
import { openContent } from '../../src/commands/content.js'
import { readAttestations } from '../../src/config/attestations.js'
import { readClosure } from '../../src/config/closure.js'
import { parseConfig } from '../../src/config/config-file.js'
import { mirrorDefaults, readMirror } from '../../src/config/mirror.js'
import type { ConfigFile, MirrorConfig } from '../../src/config/types.js'
import type { Log } from '../../src/log/types.js'
import type { FetchThreads } from '../../src/mirror/fetch-thread/types.js'
import { createOwners } from '../../src/mirror/project/owners.js'
import type { Context } from '../../src/mirror/run/context.js'
import { createBigFiles } from '../../src/mirror/run/big-files.js'
import { createHeldBytes } from '../../src/mirror/run/held-bytes.js'
import { openDiffFile } from '../../src/mirror/run/diff-file.js'
import { createJsonApi } from '../../src/mirror/run/json-api.js'
import { createKeyLocks } from '../../src/mirror/run/key-locks.js'
import { createReport } from '../../src/mirror/run/report.js'
import { loadLedger } from '../../src/mirror/state/ledger.js'
import type { Ledger } from '../../src/mirror/state/ledger.js'
import { loadNotes } from '../../src/mirror/state/run-notes.js'
import type { Storage, StorageProperties } from '../../src/storage/types.js'
import { createUpstream } from '../../src/upstream/index.js'
import type { Upstream } from '../../src/upstream/types.js'
import { recorder, testClient } from '../upstream/support.js'
import { createPackageIndex, sdist, startIndex, wheel } from './index/index.js'
import type { PackageIndex, RunningIndex } from './index/index.js'
import type { ServerOptions } from './index/server.js'
import { memoryPlace, memoryStorage } from './memory-storage.js'
import type { MemoryPlace } from './memory-storage.js'

/** A port on which nothing listens: for tests that never ask upstream. */
const NOBODY = 'http://127.0.0.1:9'

export interface EngineOptions {
  /** the master; nobody answers there unless it is given */
  readonly url?: string
  /** further lines of [mirror] */
  readonly mirror?: string
  /** further sections of the configuration */
  readonly sections?: string
  /** what an earlier run left */
  readonly place?: MemoryPlace
  readonly properties?: StorageProperties
  /** stands before the storage in memory */
  readonly wrap?: (storage: Storage) => Storage
  /** the time at which the run starts */
  readonly now?: Date
  readonly bootId?: string
  /** what [osv] database says */
  readonly advisories?: AdvisoryIndex
  /** answers instead of those of the server at `url` */
  readonly upstream?: Partial<Upstream>
  /** as `verify --attestations` */
  readonly checksAttestations?: boolean
  /** what paths of requirements and lock files start from */
  readonly directory?: string
  readonly fetchThreads?: FetchThreads
  /** whether `run-for` is over */
  readonly timeIsUp?: () => boolean
  /** the log, instead of one that only remembers its lines */
  readonly log?: Log
}

/** The context of one run on a storage in memory, and what a test looks at. */
export interface Engine extends Context {
  readonly place: MemoryPlace
  /** what was logged, one line each */
  readonly lines: readonly string[]
  readonly stop: AbortController
  /** a stored file's text; undefined where there is none */
  text(key: string): string | undefined
  /** keys of the stored files that match, sorted */
  keys(pattern?: RegExp): string[]
}

export const NOW = new Date('2026-03-01T12:00:00Z')

/** The lines of [mirror], then other sections. */
function configFile(lines: string): ConfigFile {
  const text = `[mirror]\ndirectory = /memory\nallow-non-https = true\n${lines}`
  return parseConfig(text, 'bandersnatch.conf', mirrorDefaults())
}

/** The [mirror] section with these lines. */
export function mirrorConfig(lines = ''): MirrorConfig {
  return readMirror(configFile(lines), { env: {}, warn: () => undefined })
}

function enabledIn(file: ConfigFile): string[] {
  return (file.get('plugins', 'enabled') ?? '').split('\n').filter((line) => line !== '')
}

function storageOf({ properties, wrap }: EngineOptions, place: MemoryPlace): Storage {
  const storage = memoryStorage(place, properties)
  return wrap === undefined ? storage : wrap(storage)
}

/** As many as the tests' servers bear without a thought. */
function requestsOf({ maxRequests }: MirrorConfig): number {
  return maxRequests === 'auto' ? 4 : maxRequests
}

/** Makes a run's context as commands/open.ts does, with a storage in memory and an HTTP client that does not wait. */
export async function engine(options: EngineOptions = {}): Promise<Engine> {
  const { url = NOBODY, mirror = '', sections = '', place = memoryPlace(), advisories } = options
  const { now = NOW, directory = '/memory' } = options
  const remembered = recorder()
  const { log = remembered } = options
  const file = configFile(`master = ${url}\n${mirror}\n${sections}`)
  const config = readMirror(file, { env: {}, warn: (line) => log.warn(line) })
  const checksAttestations = options.checksAttestations === true
  const { filters, closure, gate, shape, shapeOf } = await openContent(
    {
      file,
      mirror: config,
      closure: readClosure(file),
      attestations: readAttestations(file, config),
      enabledPlugins: enabledIn(file),
    },
    { directory, now: now.getTime(), advisories, checksAttestations, log },
  )
  const storage = storageOf(options, place)
  const http = testClient({ log, maxRequests: requestsOf(config) })
  const stop = new AbortController()
  let loaded: Promise<Ledger> | undefined
  const ledger = (): Promise<Ledger> => (loaded ??= loadLedger(storage))
  return {
    config,
    storage,
    upstream: { ...createUpstream(http, { master: url, log }), ...options.upstream },
    http,
    filters,
    attestations: gate,
    log,
    report: createReport(),
    progress: { phase: () => undefined, step: () => undefined, close: () => undefined },
    diff: await openDiffFile(storage, config, now),
    startedAt: now,
    shape,
    shapeOf,
    advisoriesId: filters.advisories === undefined ? '' : (advisories?.id() ?? ''),
    closure,
    ledger,
    owners: createOwners({
      config,
      storage,
      log,
      ledger,
      foreignKnown: async () => (await loadNotes(storage)).foreignKnown,
    }),
    locks: createKeyLocks(),
    jsonApi: createJsonApi(config.metadata),
    bootId: options.bootId ?? 'boot',
    signal: stop.signal,
    timeIsUp: options.timeIsUp ?? (() => false),
    heldBytes: createHeldBytes(),
    bigFiles: createBigFiles(4),
    fetchThreads: options.fetchThreads,
    place,
    lines: remembered.lines,
    stop,
    text: (key) => place.files.get(key)?.body.toString(),
    keys: (pattern = /./) => [...place.files.keys()].filter((key) => pattern.test(key)).sort(),
  }
}

/** Serves an index until the test ends. */
export async function serveTestIndex(
  index: PackageIndex,
  onRequest?: ServerOptions['onRequest'],
): Promise<RunningIndex> {
  const server = await startIndex(index, onRequest === undefined ? {} : { onRequest })
  onTestFinished(() => server.close())
  return server
}

/** An index of projects with one wheel each. */
export function indexOf(...names: readonly string[]): PackageIndex {
  const index = createPackageIndex()
  for (const name of names) publish(index, name, '1.0')
  return index
}

export function publish(index: PackageIndex, name: string, version: string, kind: 'wheel' | 'sdist' = 'wheel'): void {
  const distribution = { name, version }
  index.publish(name, version, [kind === 'wheel' ? wheel(distribution) : sdist(distribution)])
}

/** Filenames on a project's JSON page. */
export function servedFiles(run: Pick<Engine, 'text'>, name: string): string[] {
  const page = JSON.parse(run.text(`web/simple/${name}/index.v1_json`) ?? '{"files":[]}') as {
    files: { filename: string }[]
  }
  return page.files.map(({ filename }) => filename)
}

/** Names in the JSON root index. */
export function listedNames(run: Pick<Engine, 'text'>): string[] {
  const root = JSON.parse(run.text('web/simple/index.v1_json') ?? '{"projects":[]}') as { projects: { name: string }[] }
  return root.projects.map(({ name }) => name)
}
