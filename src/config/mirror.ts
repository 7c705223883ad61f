import { evaluateReference, hasReference } from './diff-file.js'
import { nearest } from '../model/nearest.js'
import { SECTIONS } from './options.js'
import type { Environment } from './proxy.js'
import { proxyFromEnvironment } from './proxy.js'
import { oneLine } from '../one-line.js'
import type { ConfigFile, MirrorConfig } from './types.js'
import type { OptionName, OptionReader } from './values.js'
import { absolutePath, optionReader } from './values.js'

type Reader = OptionReader<OptionName<'mirror'>>

interface ReadOptions {
  readonly env: Environment
  readonly warn: (message: string) => void
}

const FILE_HOST = 'https://files.pythonhosted.org'
const FIVE_HOURS = 5 * 60 * 60

function readDirectory(file: ConfigFile, read: Reader): string {
  const directory = read.path('directory')
  if (directory === undefined) {
    const similar = nearest(
      'directory',
      file.options('mirror').filter((name) => name !== 'directory'),
    )
    const hint = similar === undefined ? '' : ` (there is ${oneLine(similar)})`
    throw file.invalid('mirror', 'directory', `must be set to where the mirror is kept${hint}`)
  }
  if (file.get('mirror', 'storage-backend') === 's3' && !/^\/[^/]/.test(file.get('mirror', 'directory') ?? '')) {
    throw file.invalid('mirror', 'directory', 'must be /bucket or /bucket/prefix with storage-backend = s3')
  }
  return directory
}

function readMaster(file: ConfigFile, read: Reader, allowNonHttps: boolean): string {
  const master = read.url('master')
  if (master === undefined) throw file.invalid('mirror', 'master', 'must be the URL of an index')
  if (!allowNonHttps && /^http:/i.test(master)) {
    throw file.invalid('mirror', 'master', 'must begin with https:// unless allow-non-https = true')
  }
  return master
}

function readRootUri(read: Reader, releaseFiles: boolean, warn: (message: string) => void): string {
  const rootUri = read.text('root_uri') ?? ''
  if (releaseFiles || rootUri !== '') return rootUri
  warn(`[mirror] root_uri is not set though release-files = false: pages will link to ${FILE_HOST}`)
  return FILE_HOST
}

interface DiffFallback {
  readonly path: string
  readonly warn: (message: string) => void
}

function readDiffFile(file: ConfigFile, read: Reader, fallback: DiffFallback): string | undefined {
  const value = read.text('diff-file')
  if (value === undefined || !hasReference(value)) return read.path('diff-file')
  const evaluated = evaluateReference(file, value)
  if (evaluated === '') return undefined
  if (evaluated !== undefined) {
    if (/[\n\0]/.test(evaluated)) throw file.invalid('mirror', 'diff-file', 'must be one line of text')
    return absolutePath(evaluated)
  }
  const problem = file.invalid('mirror', 'diff-file', 'the option in {{ }} cannot be found')
  fallback.warn(`${problem.message}; the list is written to ${oneLine(fallback.path)}`)
  return fallback.path
}

/** Reads and checks the [mirror] section. @throws ConfigError */
export function readMirror(file: ConfigFile, options: ReadOptions): MirrorConfig {
  const table = SECTIONS.mirror.options
  const read = optionReader(file, 'mirror')
  const directory = readDirectory(file, read)
  const allowNonHttps = read.boolean('allow-non-https')
  const releaseFiles = read.boolean('release-files')
  const downloadMirror = read.url('download-mirror')
  const globalTimeout = read.number('global-timeout')
  return {
    directory,
    storageBackend: read.choice('storage-backend', table['storage-backend'].choices),
    managePermissions: read.boolean('storage-filesystem-manage-permissions'),
    master: readMaster(file, read, allowNonHttps),
    allowNonHttps,
    proxy: read.url('proxy') ?? proxyFromEnvironment(options.env, options.warn),
    downloadMirror,
    downloadMirrorNoFallback: read.boolean('download-mirror-no-fallback') && downloadMirror !== undefined,
    apiMethod: read.choice('api-method', table['api-method'].choices),
    metadata: read.choice('metadata', table.metadata.choices),
    timeout: read.number('timeout'),
    globalTimeout: globalTimeout === 0 ? FIVE_HOURS : globalTimeout,
    workers: read.integer('workers'),
    verifiers: read.integer('verifiers'),
    stopOnError: read.boolean('stop-on-error'),
    json: read.boolean('json'),
    releaseFiles,
    coreMetadata: read.boolean('core-metadata'),
    hashIndex: read.boolean('hash-index'),
    simpleFormat: read.choice('simple-format', table['simple-format'].choices),
    simpleApiVersion: read.choice('simple-api-version', table['simple-api-version'].choices),
    rootUri: readRootUri(read, releaseFiles, options.warn),
    digestName: read.choice('digest_name', table.digest_name.choices),
    compareMethod: read.choice('compare-method', table['compare-method'].choices),
    keepIndexVersions: read.integer('keep_index_versions'),
    cleanup: read.boolean('cleanup'),
    removedProjects: read.choice('removed-projects', table['removed-projects'].choices),
    removalLimit: read.number('removal-limit'),
    withdrawAfter: read.number('withdraw-after'),
    reconcileInterval: read.number('reconcile-interval'),
    diffFile: readDiffFile(file, read, {
      path: absolutePath(`${directory}/mirrored-files`),
      warn: options.warn,
    }),
    diffAppendEpoch: read.boolean('diff-append-epoch'),
    logConfig: read.path('log-config'),
    metricsFile: read.path('metrics-file'),
  }
}
