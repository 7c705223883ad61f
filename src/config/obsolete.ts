/** A setting that earlier releases of bandersnatch read and 8.0 does not. It is ignored with one warning. */
export interface ObsoleteSetting {
  readonly section: string
  /** undefined: the whole section */
  readonly option?: string
  /** what to do instead */
  readonly instead: string
}

/** From the original's change log and its releases 1.0 to 8.0. */
export const OBSOLETE: readonly ObsoleteSetting[] = [
  { section: 'mirror', option: 'delete-packages', instead: 'use removed-projects = delete' },
  {
    section: 'mirror',
    option: 'keep-index-versions',
    instead: 'bandersnatch 8.0 does not read it either; the option is spelled keep_index_versions',
  },
  { section: 'mirror', option: 'packages_per_request', instead: 'use workers' },
  { section: 'statistics', instead: 'there are no access statistics any more' },
  { section: 'swift', instead: 'OpenStack Swift went with bandersnatch 7.0; use storage-backend = filesystem or s3' },
  { section: 'blacklist', instead: 'use [blocklist]' },
  { section: 'whitelist', instead: 'use [allowlist]' },
  { section: 'blocklist', option: 'plugins', instead: 'use [plugins] enabled' },
  { section: 'plugins', option: 'enable', instead: 'use enabled' },
]

/** Names of plugins in earlier releases, with those of today. */
export const OBSOLETE_PLUGINS: ReadonlyMap<string, string> = new Map([
  ['blacklist_project', 'blocklist_project'],
  ['blacklist_release', 'blocklist_release'],
  ['whitelist_project', 'allowlist_project'],
  ['whitelist_release', 'allowlist_release'],
])
