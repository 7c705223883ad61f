import { counted } from '../count.js'
import type { ConfigFile, PluginOptions } from '../config/types.js'
import { normalizeName } from '../packaging/name.js'
import type { Requirement } from '../packaging/requirement.js'
import type { Plugin, PluginContext } from './context.js'
import { namesOf, notRequirement, parsePackageLines, requirementTable } from './package-lines.js'
import type { PackageLine } from './package-lines.js'
import { entriesOf } from './list-entries.js'
import type { ListEntry } from './list-entries.js'
import type { ProjectFilter, ReleaseFilter } from './types.js'

const SECTION = 'blocklist'
const OPTION = 'packages'

const BLOCKLIST: PluginOptions = {
  blocklist: {
    packages: { type: 'list', doc: 'Projects, or requirements such as name<1.0, not to mirror.' },
  },
}

/** The lines of `[blocklist] packages`; unlike the allowlist it has no comments behind a requirement. */
function packages(config: ConfigFile): PackageLine[] {
  const lines = config.get(SECTION, OPTION)?.split('\n') ?? []
  const fail = (line: string): Error => config.invalid(SECTION, OPTION, notRequirement(line))
  return parsePackageLines(lines, { skip: ['#'], comments: false, fail })
}

function entries({ config }: Pick<PluginContext, 'config'>): ListEntry[] {
  return entriesOf(config, { list: 'unwanted', section: SECTION, option: OPTION }, packages(config))
}

/** Normalized names of the lines that are a name and nothing else: whole projects. @throws ConfigError */
export function blocklistedNames(config: ConfigFile): string[] {
  const bare = packages(config).filter(({ text, requirement }) => requirement.name === text)
  return namesOf(bare.map(({ requirement }) => requirement))
}

/** The requirements of `[blocklist] packages`. @throws ConfigError */
export function blocklistedRequirements(config: ConfigFile): Requirement[] {
  return packages(config).map(({ requirement }) => requirement)
}

/** blocklist_project: drops the projects that are listed without anything behind the name. */
export const blocklistProject = { options: BLOCKLIST, create: createBlocklistProject, entries } satisfies Plugin

function createBlocklistProject({ config, warnUnused }: PluginContext): ProjectFilter | undefined {
  const names = blocklistedNames(config)
  if (names.length === 0) {
    warnUnused('blocklist_project: [blocklist] packages lists no whole project, so it keeps every project')
    return undefined
  }
  const listed = new Set(names)
  return {
    kind: 'project',
    name: 'blocklist_project',
    summary: `drops ${counted(names.length, 'listed project')}`,
    settings: names,
    keepProject: (name) => !listed.has(normalizeName(name)),
  }
}

/** blocklist_release: drops the releases that a line of the list admits; all for a line without versions. */
export const blocklistRelease = { options: BLOCKLIST, create: createBlocklistRelease, entries } satisfies Plugin

function createBlocklistRelease({ config, warnUnused }: PluginContext): ReleaseFilter | undefined {
  const table = requirementTable(blocklistedRequirements(config))
  if (table.size === 0) {
    warnUnused('blocklist_release: [blocklist] packages is empty, so it keeps every release')
    return undefined
  }
  return {
    kind: 'release',
    name: 'blocklist_release',
    summary: `drops releases that the requirements on ${counted(table.size, 'project')} admit`,
    settings: table.keys,
    pageSuffices: true,
    keepRelease: (release, project) => !table.admits(project.name, release.version),
  }
}
