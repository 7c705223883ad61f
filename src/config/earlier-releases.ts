/** A setting that earlier releases of bandersnatch read and 8.0 does not. It is ignored with one warning. */
export interface ObsoleteSetting {
  readonly section: string
  /** undefined: the whole section */
  readonly option?: string
  /** what to do instead */
  readonly instead: string
}

/** From the original's change log and its releases 1.0 to 8.0. None of these limits what is mirrored. */
export const OBSOLETE: readonly ObsoleteSetting[] = [
  { section: 'mirror', option: 'delete-packages', instead: 'use removed-projects = delete' },
  {
    section: 'mirror',
    option: 'keep-index-versions',
    instead: 'bandersnatch 8.0 does not read it either; the option is spelled keep_index_versions',
  },
  { section: 'mirror', option: 'packages_per_request', instead: 'use workers' },
  { section: 'statistics', instead: 'there are no access statistics any more' },
  {
    section: 'swift',
    instead: 'OpenStack Swift went with bandersnatch 7.0; storage-backend = s3 takes its place (docs/s3.md)',
  },
]

/** Sections that bandersnatch 5.0 renamed, with the names of today. Their options kept their names. */
export const RENAMED_SECTIONS: ReadonlyMap<string, string> = new Map([
  ['blacklist', 'blocklist'],
  ['whitelist', 'allowlist'],
])

/** Plugins that bandersnatch 5.0 renamed, with the names of today. */
export const RENAMED_PLUGINS: ReadonlyMap<string, string> = new Map([
  ['blacklist_project', 'blocklist_project'],
  ['blacklist_release', 'blocklist_release'],
  ['whitelist_project', 'allowlist_project'],
  ['whitelist_release', 'allowlist_release'],
])

/** Where earlier releases, or their documentation, had what `[plugins] enabled` holds today. */
export const ENABLED_BEFORE: readonly (readonly [section: string, option: string])[] = [
  ['plugins', 'enable'],
  ['blacklist', 'plugins'],
  ['blocklist', 'plugins'],
]

/**
 * What `[blacklist] plugins = all` enabled: the plugins of bandersnatch 3. Today's `all` has plugins that drop every
 * release where they have no list.
 */
export const PLUGINS_OF_3: readonly string[] = [
  'blocklist_project',
  'blocklist_release',
  'allowlist_project',
  'regex_project',
  'regex_release',
  'prerelease_release',
  'latest_release',
  'exclude_platform',
]

/**
 * What bandersnatch 3.0 and 3.1 enabled where no plugin was named. Not prerelease_release: it would drop the
 * pre-releases of every project though no setting asks for it.
 */
export const ENABLED_BY_DEFAULT_IN_3: readonly string[] = [
  'blocklist_project',
  'blocklist_release',
  'allowlist_project',
  'regex_project',
  'regex_release',
]
