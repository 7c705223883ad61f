import type { Defaults } from './config-file.js'
import { evaluateReference, hasReference } from './diff-file.js'
import { nearest } from '../model/nearest.js'
import { swiftRemoved } from './swift.js'
import { MIRROR_OPTIONS } from './options/mirror.js'
import type { MirrorOptionSpec } from './option-spec.js'
import type { OptionValues } from './option-values.js'
import type { Environment } from './proxy.js'
import { proxyFromEnvironment } from './proxy.js'
import { oneLine } from '../one-line.js'
import type { ConfigFile, MirrorConfig } from './types.js'
import { absolutePath, readOptions } from './values.js'

type Values = OptionValues<typeof MIRROR_OPTIONS>

interface ReadOptions {
  readonly env: Environment
  readonly warn: (message: string) => void
}

const FILE_HOST = 'https://files.pythonhosted.org'
const FIVE_HOURS = 5 * 60 * 60

/** The values that [mirror] options have before a file is read. */
export function mirrorDefaults(): Defaults {
  const specs: [string, MirrorOptionSpec][] = Object.entries(MIRROR_OPTIONS)
  const values = specs.flatMap(([name, spec]): [string, string][] =>
    spec.default === undefined ? [] : [[name, spec.default]],
  )
  return new Map([['mirror', new Map(values)]])
}

/** @throws ConfigError for a directory that is missing or, on S3, is not a bucket */
function checkDirectory(file: ConfigFile): void {
  const directory = file.get('mirror', 'directory') ?? ''
  if (directory === '') {
    const similar = nearest(
      'directory',
      file.options('mirror').filter((name) => name !== 'directory'),
    )
    const hint = similar === undefined ? '' : ` (there is ${oneLine(similar)})`
    throw file.invalid('mirror', 'directory', `must be set to where the mirror is kept${hint}`)
  }
  if (file.get('mirror', 'storage-backend') === 's3' && !/^\/[^/]/.test(directory)) {
    throw file.invalid('mirror', 'directory', 'must be /bucket or /bucket/prefix with storage-backend = s3')
  }
}

function checkMaster(file: ConfigFile, { master, allowNonHttps }: Values, warn: ReadOptions['warn']): void {
  const place = movedTo(master)
  const moved = place === undefined ? '' : `has moved: set master = ${place}`
  if (!allowNonHttps && /^http:/i.test(master)) {
    const problem = 'must begin with https:// unless allow-non-https = true'
    throw file.invalid('mirror', 'master', place === undefined ? problem : moved)
  }
  if (place !== undefined) warn(file.invalid('mirror', 'master', moved).message)
}

/** Hosts that indexes left. They answer with redirects, which lose the question what changed. */
const MOVED: ReadonlyMap<string, string> = new Map([
  ['pypi.python.org', 'https://pypi.org'],
  ['testpypi.python.org', 'https://test.pypi.org'],
])

function movedTo(master: string): string | undefined {
  return URL.canParse(master) ? MOVED.get(new URL(master).hostname) : undefined
}

/** Where clients find the provenance of files; undefined where it is not mirrored. */
function integrityUrlOf(
  file: ConfigFile,
  { provenance, integrityUrl, simpleApiVersion, master }: Values,
): string | undefined {
  if (!provenance) return undefined
  if (integrityUrl === undefined) {
    throw file.invalid('mirror', 'provenance', 'needs integrity-url, the https:// URL of this mirror')
  }
  if (new URL(integrityUrl).host === new URL(master).host) {
    throw file.invalid('mirror', 'integrity-url', "must be the mirror's own URL, not that of the master")
  }
  if (simpleApiVersion === '1.1') {
    throw file.invalid('mirror', 'provenance', 'needs simple-api-version = 1.4, as older pages do not name provenance')
  }
  return integrityUrl
}

/** A client of the JSON API has no page to which a URL could be relative. */
function checkJsonUrls(file: ConfigFile, { jsonUrls, rootUri = '' }: Values): void {
  if (jsonUrls !== 'mirror' || /^https?:\/\/./.test(rootUri)) return
  throw file.invalid(
    'mirror',
    'json-urls',
    'needs root_uri, the http:// or https:// URL at which this mirror is served',
  )
}

function rootUriOf({ rootUri = '', releaseFiles }: Values, warn: ReadOptions['warn']): string {
  if (releaseFiles || rootUri !== '') return rootUri
  warn(`[mirror] root_uri is not set though release-files = false: pages will link to ${FILE_HOST}`)
  return FILE_HOST
}

/** The list of what a run wrote; the option may refer to another option's value. */
function diffFileOf(file: ConfigFile, { directory, diffFile }: Values, warn: ReadOptions['warn']): string | undefined {
  const value = file.get('mirror', 'diff-file') ?? ''
  if (!hasReference(value)) return diffFile
  const evaluated = evaluateReference(file, value)
  if (evaluated === '') return undefined
  if (evaluated !== undefined) {
    if (/[\n\0]/.test(evaluated)) throw file.invalid('mirror', 'diff-file', 'must be one line of text')
    return absolutePath(evaluated)
  }
  const fallback = absolutePath(`${directory}/mirrored-files`)
  const problem = file.invalid('mirror', 'diff-file', 'the option in {{ }} cannot be found')
  warn(`${problem.message}; the list is written to ${oneLine(fallback)}`)
  return fallback
}

/** Reads and checks the [mirror] section. @throws ConfigError */
export function readMirror(file: ConfigFile, { env, warn }: ReadOptions): MirrorConfig {
  const swift = swiftRemoved(file, env)
  if (swift !== undefined) throw swift
  checkDirectory(file)
  const values = readOptions(file, 'mirror', MIRROR_OPTIONS)
  checkMaster(file, values, warn)
  checkJsonUrls(file, values)
  const { storageFilesystemManagePermissions: managePermissions, ...others } = values
  return {
    ...others,
    managePermissions,
    proxy: values.proxy ?? proxyFromEnvironment(env, warn),
    downloadMirrorNoFallback: values.downloadMirrorNoFallback && values.downloadMirror !== undefined,
    globalTimeout: values.globalTimeout === 0 ? FIVE_HOURS : values.globalTimeout,
    integrityUrl: integrityUrlOf(file, values),
    rootUri: rootUriOf(values, warn),
    diffFile: diffFileOf(file, values, warn),
  }
}
