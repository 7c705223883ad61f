import type { PluginTable } from '../config/types.js'
import type { Plugin } from './context.js'
import { allowlistProject, allowlistRelease } from './allowlist.js'
import { blocklistProject, blocklistRelease } from './blocklist.js'
import { environments } from './environments.js'
import { excludePlatform } from './exclude-platform.js'
import { latestRelease } from './latest-release.js'
import { osvMalware } from './osv-malware.js'
import { prereleaseRelease } from './prerelease-release.js'
import { sizeProjectMetadata, versionsCountProjectMetadata } from './project-metadata.js'
import { regexProjectMetadata, regexReleaseFileMetadata } from './regex-metadata.js'
import { regexProject, regexRelease } from './regex-names.js'
import { releaseAge } from './release-age.js'
import { projectRequirements, projectRequirementsPinned } from './requirements.js'
import { versionRangeProjectMetadata, versionRangeReleaseFileMetadata } from './version-range.js'

/** Every plugin by its name in `[plugins] enabled`, in the order in which filters of one kind are asked. */
export const PLUGINS: Readonly<Record<string, Plugin>> = {
  blocklist_project: blocklistProject,
  allowlist_project: allowlistProject,
  regex_project: regexProject,
  project_requirements: projectRequirements,
  osv_malware: osvMalware,
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
  environments,
  release_age: releaseAge,
}

/** Those that keep what [allowlist] names: [closure] takes their place, as dependencies are not listed. */
export const ALLOWLIST_PLUGINS: readonly string[] = [
  'allowlist_project',
  'allowlist_release',
  'project_requirements',
  'project_requirements_pinned',
]

/** What each plugin reads, for the reader of the configuration. */
export const PLUGIN_TABLE: PluginTable = Object.fromEntries(
  Object.entries(PLUGINS).map(([name, { options }]) => [name, options]),
)

export const PLUGIN_NAMES: readonly string[] = Object.keys(PLUGINS)
