import { countText } from '../count.js'
import type { Plugin, PluginContext } from './context.js'
import { readPatterns } from './context.js'
import type { ProjectFilter, ReleaseFilter } from './types.js'

/** regex_project: drops the projects whose name, as the list of projects spells it, begins with a match. */
export const regexProject = {
  options: {
    filter_regex: {
      packages: {
        type: 'list',
        doc: 'Names of projects not to mirror: Python regular expressions, matched from the start.',
      },
    },
  },
  create: createRegexProject,
} satisfies Plugin

function createRegexProject({ config, warnUnused }: PluginContext): ProjectFilter | undefined {
  const patterns = readPatterns(config, 'filter_regex', 'packages')
  if (patterns.length === 0) {
    warnUnused('regex_project: [filter_regex] packages is empty, so it keeps every project')
    return undefined
  }
  return {
    kind: 'project',
    name: 'regex_project',
    summary: `drops projects that match ${patternsText(patterns.length)}`,
    settings: patterns.map(({ pattern }) => pattern),
    keepProject: (name) => !patterns.some((pattern) => pattern.match(name)),
  }
}

/** regex_release: drops the releases whose version begins with a match. */
export const regexRelease = {
  options: {
    filter_regex: {
      releases: { type: 'list', doc: 'Versions not to mirror: Python regular expressions, matched from the start.' },
    },
  },
  create: createRegexRelease,
} satisfies Plugin

function createRegexRelease({ config, warnUnused }: PluginContext): ReleaseFilter | undefined {
  const patterns = readPatterns(config, 'filter_regex', 'releases')
  if (patterns.length === 0) {
    warnUnused('regex_release: [filter_regex] releases is empty, so it keeps every release')
    return undefined
  }
  return {
    kind: 'release',
    name: 'regex_release',
    summary: `drops releases that match ${patternsText(patterns.length)}`,
    settings: patterns.map(({ pattern }) => pattern),
    pageSuffices: true,
    keepRelease: (release) => !patterns.some((pattern) => pattern.match(release.version)),
  }
}

function patternsText(count: number): string {
  return count === 1 ? 'a pattern' : `one of ${countText(count)} patterns`
}
