import type { Requirement } from '../packaging/requirement.js'
import { NAMES_NONE, projectsNamed, releasesAdmitted } from './allowlist.js'
import type { PluginOptions } from '../config/types.js'
import type { Plugin, PluginContext } from './context.js'
import { decodeRequirements, decodeUtf8, UndecodableError } from '../python/decode.js'
import { splitLines } from '../python/text.js'
import { namesOf, requirementTable } from './package-lines.js'
import { readRequirements, requirementEntries } from './requirement-files.js'
import type { ProjectFilter, ReleaseFilter } from './types.js'

const REQUIREMENTS: PluginOptions = {
  allowlist: {
    requirements: { type: 'list', doc: 'Requirements files; may have a * in their name.' },
    requirements_path: { type: 'path', doc: 'Directory of the requirements files.' },
  },
}

/** project_requirements: keeps the projects that the requirements files name; all where no file is set. */
export const projectRequirements = {
  options: REQUIREMENTS,
  create: createProjectRequirements,
  entries: ({ config, directory }) => requirementEntries(config, { directory, toLines: requirementsToLines }),
} satisfies Plugin

const requirementsToLines = (bytes: Buffer): string[] => splitLines(decodeRequirements(bytes))

function createProjectRequirements({
  config,
  directory,
  warnUnused,
  emptyList,
}: PluginContext): ProjectFilter | undefined {
  const names = namesOf(readRequirements(config, { directory, toLines: requirementsToLines }))
  if (names.length === 0) {
    if (config.has('allowlist', 'requirements')) emptyList(config.invalid('allowlist', 'requirements', NAMES_NONE))
    else warnUnused('project_requirements: [allowlist] requirements is not set, so it keeps every project')
  }
  return projectsNamed('project_requirements', names)
}

/** bandersnatch 8.0 takes these files for UTF-8, whatever they declare; what is none is read as pip does. */
function decodePinned(bytes: Buffer): string {
  try {
    const text = decodeUtf8(bytes)
    if (!text.startsWith('\ufeff')) return text
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error
  }
  return decodeRequirements(bytes)
}

/** What project_requirements_pinned reads. @throws ConfigError */
export function pinnedRequirements({ config, directory }: PluginContext): Requirement[] {
  return readRequirements(config, { directory, toLines: pinnedToLines })
}

const pinnedToLines = (bytes: Buffer): string[] => decodePinned(bytes).split(/\r\n|[\r\n]/)

/**
 * project_requirements_pinned: keeps the releases that the requirements files admit, and decides alone about a
 * project whose versions they limit.
 */
export const projectRequirementsPinned = {
  options: REQUIREMENTS,
  create: createProjectRequirementsPinned,
  entries: ({ config, directory }) => requirementEntries(config, { directory, toLines: pinnedToLines }),
} satisfies Plugin

function createProjectRequirementsPinned(context: PluginContext): ReleaseFilter {
  const table = requirementTable(pinnedRequirements(context))
  if (table.size === 0) {
    context.warn('project_requirements_pinned: there are no requirements, so it drops every release')
  }
  return {
    ...releasesAdmitted('project_requirements_pinned', table),
    decidesAlone: (project) => table.limits(project.name),
  }
}
