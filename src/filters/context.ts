import type { ConfigFile, PluginOptions } from '../config/types.js'
import { ConfigError } from '../errors.js'
import type { PythonRegex } from '../python/regex/regex.js'
import { PatternError, translatePythonRegex } from '../python/regex/regex.js'
import { settingLines } from './setting-lines.js'
import type { ListEntry } from './list-entries.js'
import type { Advises, Filter } from './types.js'

/** What is known of releases that are bad. `name`: normalized */
export type AdvisoryLookup = Pick<Advises, 'blocking' | 'fingerprint'>

/** What a plugin is made from. */
export interface PluginContext {
  readonly config: ConfigFile
  /** what relative paths of requirements files and of plugins start from */
  readonly directory: string
  /** milliseconds since the epoch: the one time of the run. It is not part of any settings. */
  readonly now: number
  /** what the database of advisories says; it is read after the filters are made */
  readonly advisories: AdvisoryLookup
  /** reports a setting that is accepted but probably a mistake */
  readonly warn: (message: string) => void
  /** reports that a plugin has nothing to do; not printed for plugins that only `all` enables */
  readonly warnUnused: (message: string) => void
  /** reports that a list of projects to mirror is set and empty: an error, unless another list limits the mirror */
  readonly emptyList: (problem: ConfigError) => void
}

/** One plugin: what `[plugins] enabled` can name. */
export interface Plugin {
  /** the options that it reads, by section; documentation and checks of the configuration come from here */
  readonly options: PluginOptions
  /** Makes the filter; undefined where, by its settings, it would keep everything. @throws ConfigError */
  readonly create: (context: PluginContext) => Filter | undefined
  /** the entries of the lists that it goes by. @throws ConfigError */
  readonly entries?: (context: Pick<PluginContext, 'config' | 'directory'>) => readonly ListEntry[]
}

/** The regular expressions of an option, one a line. @throws ConfigError naming the one that cannot be used */
export function readPatterns(config: ConfigFile, section: string, option: string): PythonRegex[] {
  return settingLines(config.get(section, option) ?? '').map((pattern) => {
    try {
      return translatePythonRegex(pattern)
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      const problem = `the regular expression ${JSON.stringify(pattern)} cannot be used: ${error.message}`
      throw config.invalid(section, option, problem)
    }
  })
}

/**
 * An option's whole number; undefined where it is not set. 8.0 takes a filter whose numbers it cannot read for
 * not configured: so does this, with a warning.
 * @throws ConfigError for a bad reference in the value
 */
export function readNumber({ config, warn }: PluginContext, section: string, option: string): number | undefined {
  if (config.get(section, option) === undefined) return undefined
  try {
    return config.getInt(section, option)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    warn(`${error.message}; ${section} keeps everything`)
    return NaN
  }
}
