import { counted } from '../count.js'
import type { ConfigFile, OptionTable } from '../config/types.js'
import { normalizeName } from '../packaging/name.js'
import type { Requirement } from '../packaging/requirement.js'
import type { Plugin, PluginContext } from './context.js'
import { namesOf, notRequirement, parsePackageLines, requirementTable } from './package-lines.js'
import type { PackageLine, RequirementTable } from './package-lines.js'
import { entriesOf } from './list-entries.js'
import type { ListEntry } from './list-entries.js'
import type { ProjectFilter, ReleaseFilter } from './types.js'

const SECTION = 'allowlist'
const OPTION = 'packages'

/** `[allowlist] packages`, which several plugins read. */
export const ALLOWLIST_PACKAGES = {
  packages: { type: 'list', doc: 'Projects or requirements (name>=1.0) to mirror, whatever their size.' },
} as const satisfies OptionTable

function packageLines(config: ConfigFile, skip: readonly string[]): PackageLine[] {
  const lines = config.get(SECTION, OPTION)?.split('\n') ?? []
  const fail = (line: string): Error => config.invalid(SECTION, OPTION, notRequirement(line))
  return parsePackageLines(lines, { skip, comments: true, fail })
}

function packages(config: ConfigFile, skip: readonly string[]): Requirement[] {
  return packageLines(config, skip).map(({ requirement }) => requirement)
}

function entries({ config }: Pick<PluginContext, 'config'>): ListEntry[] {
  return entriesOf(config, { list: 'wanted', section: SECTION, option: OPTION }, packageLines(config, ['#', '-']))
}

/** Normalized names of `[allowlist] packages`, whatever versions they are limited to. @throws ConfigError */
export function allowlistedNames(config: ConfigFile): string[] {
  return namesOf(packages(config, ['#']))
}

/** The requirements of `[allowlist] packages`. @throws ConfigError */
export function allowlistedRequirements(config: ConfigFile): Requirement[] {
  return packages(config, ['#', '-'])
}

/** What is wrong with a list of projects to mirror that is set and empty. */
export const NAMES_NONE = 'names no project to mirror'

/** allowlist_project: keeps the projects that are listed. Without a list it keeps all of them; an empty list is refused. */
export const allowlistProject = {
  options: { allowlist: ALLOWLIST_PACKAGES },
  create: createAllowlistProject,
  entries,
} satisfies Plugin

function createAllowlistProject({ config, warnUnused, emptyList }: PluginContext): ProjectFilter | undefined {
  const names = allowlistedNames(config)
  if (names.length === 0) {
    if (config.has(SECTION, OPTION)) emptyList(config.invalid(SECTION, OPTION, NAMES_NONE))
    else warnUnused('allowlist_project: [allowlist] packages is not set, so it keeps every project')
  }
  return projectsNamed('allowlist_project', names)
}

/** allowlist_release: keeps the releases that a line of the list admits, of listed projects only. */
export const allowlistRelease = {
  options: { allowlist: ALLOWLIST_PACKAGES },
  create: createAllowlistRelease,
  entries,
} satisfies Plugin

function createAllowlistRelease({ config, warn }: PluginContext): ReleaseFilter {
  const table = requirementTable(allowlistedRequirements(config))
  if (table.size === 0) warn('allowlist_release: [allowlist] packages is empty, so it drops every release')
  return releasesAdmitted('allowlist_release', table)
}

/** A filter that keeps the projects of these normalized names; undefined when there are none. */
export function projectsNamed(plugin: string, names: readonly string[]): ProjectFilter | undefined {
  if (names.length === 0) return undefined
  const listed = new Set(names)
  return {
    kind: 'project',
    name: plugin,
    summary: `keeps only ${counted(names.length, 'listed project')}`,
    settings: names,
    // Nothing is known of a project without a name, so nothing is said against it.
    onlyListed: true,
    keepProject: (name) => name === '' || listed.has(normalizeName(name)),
  }
}

/** A filter that keeps the releases that the table admits. */
export function releasesAdmitted(plugin: string, table: RequirementTable): ReleaseFilter {
  return {
    kind: 'release',
    name: plugin,
    summary: `keeps only releases that the requirements on ${counted(table.size, 'project')} admit`,
    settings: table.keys,
    pageSuffices: true,
    keepRelease: (release, project) => table.admits(project.name, release.version),
  }
}
