import { createHash } from 'node:crypto'
import { beforeComment, COMMENT_HINT } from '../python/configparser/inline-comment.js'
import type { ConfigFile } from '../config/types.js'
import { ConfigError } from '../errors.js'
import type { AdvisoryLookup, PluginContext } from './context.js'
import { isExternal, loadExternal } from './external.js'
import { PLUGIN_NAMES, PLUGINS } from './plugins.js'
import { nearest } from '../model/nearest.js'
import { placesOf } from './places.js'
import { pinsIn } from './unknown.js'
import type { ListEntry } from './list-entries.js'
import type { Filter, Filters, ReleaseFilter } from './types.js'

export { explain, filterReleases, keepsMetadata, keepsProject } from './apply.js'
export { PLUGIN_NAMES, PLUGIN_TABLE } from './plugins.js'
export type { Filters } from './types.js'

export interface LoadOptions {
  /** absolute; what relative paths of requirements files start from: 8.0 takes the current directory */
  readonly directory: string
  /** 'refuse', also when absent: a name that is not a plugin is an error. 'warn': it is ignored with a warning, as 8.0 ignores it. */
  readonly unknownPlugin?: 'refuse' | 'warn'
  /** milliseconds since the epoch: the time by which files are young; the present when absent */
  readonly now?: number
  /** without it a filter by advisories can be made, but not be asked */
  readonly advisories?: AdvisoryLookup | undefined
}

const NO_ADVISORIES: AdvisoryLookup = { blocking: notRead, fingerprint: notRead }

function notRead(): never {
  throw new Error('the advisories were not read')
}

/**
 * Makes the filters that the configuration enables.
 * @param enabled the lines of `[plugins] enabled`: names of plugins, `all`, npm packages and paths (docs/filters.md)
 * @throws ConfigError naming file, section, option and value, or the requirements file and line
 */
export async function loadFilters(
  config: ConfigFile,
  enabled: readonly string[],
  { directory, unknownPlugin, now = Date.now(), advisories = NO_ADVISORIES }: LoadOptions,
): Promise<Filters> {
  const names = new Set(enabled)
  const all = names.delete('all')
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  for (const error of unknownPlugins(config, names)) {
    if (unknownPlugin !== 'warn') throw error
    warn(`${error.message}; it is ignored`)
  }

  const emptyLists: ConfigError[] = []
  const emptyList: PluginContext['emptyList'] = (problem) => void emptyLists.push(problem)
  const filters: Filter[] = []
  const entries = new Map<string, ListEntry>()
  const places: Record<string, string> = {}
  for (const [name, plugin] of Object.entries(PLUGINS)) {
    if (!all && !names.has(name)) continue
    places[name] = placesOf(config, plugin.options)
    for (const entry of plugin.entries?.({ config, directory }) ?? [])
      entries.set(`${entry.where} ${entry.text}`, entry)
    const warnUnused = names.has(name) ? warn : () => {}
    const filter = plugin.create({ config, directory, now, advisories, warn, warnUnused, emptyList })
    if (filter) filters.push(filter)
  }
  for (const name of names) {
    if (!isExternal(name)) continue
    filters.push(await loadExternal(name, config, now))
    places[name] = placesOf(config, { plugins: { enabled: { type: 'list', doc: '' } } })
  }
  checkEmptyLists(filters, emptyLists).forEach(warn)
  const listed = [...entries.values()]
  return { ...sortedByKind(filters), entries: listed, pins: pinsIn(listed), places, warnings }
}

/**
 * 8.0 takes a list of projects that is set and empty for no limit, and mirrors all of PyPI.
 * @returns warnings, where another list limits the mirror @throws ConfigError where none does
 */
function checkEmptyLists(filters: readonly Filter[], emptyLists: readonly ConfigError[]): string[] {
  const [first] = emptyLists
  const isLimited = filters.some((filter) => filter.kind === 'project' && filter.onlyListed === true)
  if (first === undefined || isLimited) return emptyLists.map(({ message }) => message)
  throw new ConfigError(`${first.message}; name some, or disable the plugin that reads it to mirror every project`)
}

function unknownPlugins(config: ConfigFile, names: ReadonlySet<string>): Error[] {
  const isKnown = (name: string): boolean => Object.hasOwn(PLUGINS, name) || isExternal(name)
  return [...names].filter((name) => !isKnown(name)).map((name) => unknown(config, name))
}

function unknown(config: ConfigFile, name: string): Error {
  const hint = pluginHint(name)
  const problem = `${JSON.stringify(name)} is not a plugin${hint}; the plugins are all, ${PLUGIN_NAMES.join(', ')}`
  return config.invalid('plugins', 'enabled', problem)
}

function pluginHint(name: string): string {
  if (beforeComment(name) !== undefined) return `; ${COMMENT_HINT}`
  const parts = name.split(/[\s,]+/).filter((part) => part !== '')
  if (parts.length > 1 && parts.every((part) => Object.hasOwn(PLUGINS, part)))
    return ': write one name a line, each indented'
  const meant = nearest(name, PLUGIN_NAMES)
  return meant === undefined ? '' : ` (did you mean ${meant}?)`
}

type Sorted = Omit<Filters, 'entries' | 'pins' | 'places' | 'warnings'>

function sortedByKind(filters: readonly Filter[]): Sorted {
  const release = filters.filter((filter) => filter.kind === 'release')
  const settings = filters.map((filter) => [filter.kind, filter.name, filter.settings])
  return {
    project: filters.filter((filter) => filter.kind === 'project'),
    metadata: filters.filter((filter) => filter.kind === 'metadata'),
    release,
    releaseFile: filters.filter((filter) => filter.kind === 'release_file'),
    fingerprint: createHash('sha256').update(JSON.stringify(settings)).digest('hex'),
    needsMetadata: filters.some(({ kind, pageSuffices }) => kind !== 'project' && pageSuffices !== true),
    advisories: release.find(goesByAdvisories),
    timed: filters.some(({ dueAt }) => dueAt !== undefined),
  }
}

function goesByAdvisories(filter: ReleaseFilter): filter is NonNullable<Filters['advisories']> {
  return filter.advises !== undefined
}
