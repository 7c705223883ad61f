import type { ConfigError } from '../errors.js'

/** Where an option was set: its section (DEFAULT when inherited) and the line in the file, from 1. */
export interface Origin {
  readonly section: string
  readonly line: number
}

/**
 * A configuration file as Python's configparser reads it. Option names keep their case; an option
 * that a section does not set itself comes from [DEFAULT]. Nothing here knows what options mean.
 */
export interface ConfigFile {
  readonly path: string
  /** in the file's order, without DEFAULT */
  sections(): string[]
  /** the section's own options in the file's order, then those of DEFAULT; empty for an unknown section */
  options(section: string): string[]
  has(section: string, option: string): boolean
  /** The value with `%(name)s` filled in, undefined when not set. @throws ConfigError for a bad reference */
  get(section: string, option: string): string | undefined
  /** Like get, as Python's int(). @throws ConfigError when it is no whole number */
  getInt(section: string, option: string): number | undefined
  /** Like get, as Python's float(); may be infinite or NaN. @throws ConfigError when it is no number */
  getFloat(section: string, option: string): number | undefined
  /** Like get: 1/yes/true/on and 0/no/false/off in any case. @throws ConfigError for anything else */
  getBoolean(section: string, option: string): boolean | undefined
  /** the text as written, references not filled in */
  raw(section: string, option: string): string | undefined
  /** undefined for what the file does not set */
  origin(section: string, option: string): Origin | undefined
  /** An error of one line: file, line, section, option, the value (secrets hidden) and the problem. */
  invalid(section: string, option: string, problem: string): ConfigError
}

export type StorageBackend = 'filesystem' | 's3'
export type SimpleFormat = 'ALL' | 'HTML' | 'JSON'

/** The [mirror] section, checked. Paths are absolute, URLs have no slash at the end. */
export interface MirrorConfig {
  /** on S3: `/bucket/prefix` */
  readonly directory: string
  readonly storageBackend: StorageBackend
  readonly managePermissions: boolean
  readonly master: string
  readonly allowNonHttps: boolean
  /** URL from the option or else the environment */
  readonly proxy: string | undefined
  readonly downloadMirror: string | undefined
  readonly downloadMirrorNoFallback: boolean
  readonly apiMethod: 'auto' | 'simple' | 'xmlrpc'
  readonly metadata: 'auto' | 'json' | 'simple'
  /** seconds without progress; 0: no limit */
  readonly timeout: number
  /** seconds for one request as a whole, never 0 */
  readonly globalTimeout: number
  readonly workers: number
  readonly verifiers: number
  readonly stopOnError: boolean
  readonly json: boolean
  readonly releaseFiles: boolean
  readonly coreMetadata: boolean
  readonly hashIndex: boolean
  readonly simpleFormat: SimpleFormat
  readonly simpleApiVersion: '1.4' | '1.1'
  /** as configured, '' for relative links; the default for release-files = false is filled in */
  readonly rootUri: string
  /** name as in the index's digests and in Python's hashlib, lower case */
  readonly digestName: string
  readonly compareMethod: 'hash' | 'stat'
  readonly keepIndexVersions: number
  readonly cleanup: boolean
  readonly removedProjects: 'unlist' | 'delete' | 'keep'
  /** percent of the mirrored projects */
  readonly removalLimit: number
  /** hours that a listed project must be missing before it is taken off the index */
  readonly withdrawAfter: number
  /** hours */
  readonly reconcileInterval: number
  /** a file, or a directory to put it in */
  readonly diffFile: string | undefined
  readonly diffAppendEpoch: boolean
  readonly logConfig: string | undefined
  readonly metricsFile: string | undefined
}

/** The [s3] section, checked. What is undefined is left to the AWS SDK. */
export interface S3Config {
  readonly regionName: string | undefined
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
  readonly endpointUrl: string | undefined
  readonly signatureVersion: string | undefined
  /** `config_param_NAME = value`: further parameters of each request that stores an object */
  readonly configParams: ReadonlyMap<string, string>
  readonly verifyConcurrency: number
  readonly maxAttempts: number
  /** a lock by waiting, for a store without conditional writes */
  /** seconds */
  readonly lockExpiry: number
  readonly timedLock: boolean
  /** Cache-Control headers of stored release files and of everything else */
  readonly cacheControlPackages: string | undefined
  readonly cacheControlPages: string | undefined
}

/** Everything the program is told by its configuration file; frozen. */
export interface Config {
  readonly path: string
  readonly file: ConfigFile
  readonly mirror: MirrorConfig
  /** undefined unless storage-backend is s3 */
  readonly s3: S3Config | undefined
  /** names as in `[plugins] enabled`, without those of earlier releases; `all` stands for every built-in one */
  readonly enabledPlugins: readonly string[]
  /** one line each, to be logged once */
  readonly warnings: readonly string[]
}

/** How many bytes a second may be received, by the time of day. */
export interface BandwidthLimit {
  /** bytes a second outside all hours below; undefined for no limit */
  readonly usual: number | undefined
  /** they do not overlap */
  readonly hours: readonly BandwidthHours[]
}

/** Local time of day, in minutes since midnight. `to` is not included and may be less than `from`: over midnight. */
export interface BandwidthHours {
  readonly from: number
  readonly to: number
  /** bytes a second */
  readonly rate: number
}
