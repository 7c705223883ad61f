import { createHash } from 'node:crypto'
import type { ConfigFile } from '../config/types.js'
import { allowlistProject, allowlistRelease } from './allowlist.js'
import { blocklistProject, blocklistRelease } from './blocklist.js'
import type { Plugin, PluginContext } from './context.js'
import { excludePlatform } from './exclude-platform.js'
import { isExternal, loadExternal } from './external.js'
import { latestRelease } from './latest-release.js'
import { prereleaseRelease } from './prerelease-release.js'
import { sizeProjectMetadata, versionsCountProjectMetadata } from './project-metadata.js'
import { regexProjectMetadata, regexReleaseFileMetadata } from './regex-metadata.js'
import { regexProject, regexRelease } from './regex-names.js'
import { projectRequirements, projectRequirementsPinned } from './requirements.js'
import { nearest } from '../model/nearest.js'
import type { Filter, Filters } from './types.js'
import { versionRangeProjectMetadata, versionRangeReleaseFileMetadata } from './version-range.js'

export { applyFilters, explain, keepsProject } from './apply.js'
export type { Filters } from './types.js'

/** Every plugin by its name in `[plugins] enabled`, in the order in which filters of one kind are asked. */
const PLUGINS = {
  blocklist_project: blocklistProject,
  allowlist_project: allowlistProject,
  regex_project: regexProject,
  project_requirements: projectRequirements,
  project_requirements_pinned: projectRequirementsPinned,
  blocklist_release: blocklistRelease,
  allowlist_release: allowlistRelease,
  prerelease_release: prereleaseRelease,
  regex_release: regexRelease,
  latest_release: latestRelease,
  regex_project_metadata: regexProjectMetadata,
  size_project_metadata: sizeProjectMetadata,
  versions_count_project_metadata: versionsCountProjectMetadata,
  version_range_project_metadata: versionRangeProjectMetadata,
  regex_release_file_metadata: regexReleaseFileMetadata,
  version_range_release_file_metadata: versionRangeReleaseFileMetadata,
  exclude_platform: excludePlatform,
} as const satisfies Readonly<Record<string, Plugin>>

export const PLUGIN_NAMES: readonly string[] = Object.keys(PLUGINS)

export interface LoadOptions {
  /** absolute; what relative paths of requirements files start from: 8.0 takes the current directory */
  readonly directory: string
  /** what a name that is no plugin is: an error unless 'warn'. 8.0 passes over it without a word. */
  readonly unknownPlugin?: 'refuse' | 'warn'
}

/**
 * Makes the filters that the configuration enables.
 * @param enabled the lines of `[plugins] enabled`: names of plugins, `all`, npm packages and paths (docs/filters.md)
 * @throws ConfigError naming file, section, option and value, or the requirements file and line
 */
export async function loadFilters(
  config: ConfigFile,
  enabled: readonly string[],
  { directory, unknownPlugin = 'refuse' }: LoadOptions,
): Promise<Filters> {
  const names = new Set(enabled)
  const all = names.delete('all')
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  for (const name of names) {
    if (Object.hasOwn(PLUGINS, name) || isExternal(name)) continue
    const error = unknown(config, name)
    if (unknownPlugin === 'refuse') throw error
    warn(`${error.message}; it is ignored`)
  }

  const filters: Filter[] = []
  for (const [name, plugin] of Object.entries<Plugin>(PLUGINS)) {
    if (!all && !names.has(name)) continue
    const context: PluginContext = { config, directory, warn, idle: names.has(name) ? warn : () => {} }
    const filter = plugin(context)
    if (filter) filters.push(filter)
  }
  for (const name of names) if (isExternal(name)) filters.push(await loadExternal(name, config))
  return sortedByKind(filters, warnings)
}

function unknown(config: ConfigFile, name: string): Error {
  const meant = nearest(name, PLUGIN_NAMES)
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
  const problem = `there is no plugin ${JSON.stringify(name)}${hint}; the plugins are all, ${PLUGIN_NAMES.join(', ')}`
  return config.invalid('plugins', 'enabled', problem)
}

function sortedByKind(filters: readonly Filter[], warnings: readonly string[]): Filters {
  const release = filters.filter((filter) => filter.kind === 'release')
  const settings = filters.map((filter) => [filter.kind, filter.name, filter.settings])
  return {
    project: filters.filter((filter) => filter.kind === 'project'),
    metadata: filters.filter((filter) => filter.kind === 'metadata'),
    release,
    releaseFile: filters.filter((filter) => filter.kind === 'release_file'),
    fingerprint: createHash('sha256').update(JSON.stringify(settings)).digest('hex'),
    needsMetadata: filters.some(({ kind, byPage }) => kind !== 'project' && byPage !== true),
    warnings,
  }
}
