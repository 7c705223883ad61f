import type { ConfigError } from '../errors.js'
import type { OptionValues } from './option-values.js'
import type { ATTESTATION_OPTIONS } from './options/attestations.js'
import type { CLOSURE_OPTIONS } from './options/closure.js'
import type { MIRROR_OPTIONS } from './options/mirror.js'
import type { S3_OPTIONS } from './options/s3.js'
import type { Sections } from './sections.js'

export type { BandwidthHours, BandwidthLimit } from './option-values.js'
export type { OptionTable, PluginOptions, PluginTable } from './option-spec.js'

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
  /** Like get, as Python's int(). @throws ConfigError when it is not a whole number */
  getInt(section: string, option: string): number | undefined
  /** Like get, as Python's float(); may be infinite or NaN. @throws ConfigError when it is not a number */
  getFloat(section: string, option: string): number | undefined
  /** Like get: 1/yes/true/on and 0/no/false/off in any case. @throws ConfigError for anything else */
  getBoolean(section: string, option: string): boolean | undefined
  /** the text as written, references not filled in */
  raw(section: string, option: string): string | undefined
  /** undefined for what the file does not set */
  origin(section: string, option: string): Origin | undefined
  /** The line in the file of one line of a value, which has the given index; undefined for what the file does not set */
  entryLine(section: string, option: string, index: number): number | undefined
  /** An error of one line: file, line, section, option, the value (secrets hidden) and the problem. */
  invalid(section: string, option: string, problem: string): ConfigError
}

type MirrorValues = OptionValues<typeof MIRROR_OPTIONS>

/**
 * The [mirror] section, checked: one property for each option of the table, in camel case. The table says what each
 * means and in which unit. Here is only what differs from the table.
 */
export interface MirrorConfig extends Omit<MirrorValues, 'storageFilesystemManagePermissions'> {
  /** undefined unless provenance = true */
  readonly integrityUrl: string | undefined
  readonly managePermissions: boolean
  /** as configured, '' for relative links; the default for release-files = false is filled in */
  readonly rootUri: string
}

/** The [attestations] section, checked but for the lines of `publishers`. */
export interface AttestationsConfig extends Omit<OptionValues<typeof ATTESTATION_OPTIONS>, 'publishers'> {
  /** the lines of `publishers` as they are written */
  readonly publishers: readonly string[]
}

type S3Values = OptionValues<typeof S3_OPTIONS>

/** The [s3] section, checked. What is undefined is left to the AWS SDK. */
export interface S3Config extends Omit<S3Values, 'awsAccessKeyId' | 'awsSecretAccessKey'> {
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
  /** `config_param_NAME = value`: further parameters of each request that stores an object */
  readonly configParams: ReadonlyMap<string, string>
}

/** The [closure] section, checked, where it asks for something. */
export interface ClosureConfig extends Omit<OptionValues<typeof CLOSURE_OPTIONS>, 'lockFiles'> {
  /** paths as written */
  readonly lockFiles: readonly string[]
}

/** Everything the program is told by its configuration file; frozen. */
export interface Config {
  readonly path: string
  readonly file: ConfigFile
  /** every section and option that there is */
  readonly sections: Sections
  readonly mirror: MirrorConfig
  /** undefined unless storage-backend is s3 */
  readonly s3: S3Config | undefined
  readonly attestations: AttestationsConfig
  /** undefined unless [closure] asks for something */
  readonly closure: ClosureConfig | undefined
  /** names as in `[plugins] enabled`, without those of earlier releases; `all` stands for every built-in one */
  readonly enabledPlugins: readonly string[]
  /** one line each, to be logged once */
  readonly warnings: readonly string[]
}
