import { countText } from '../count.js'
import { canMatch } from '../python/regex/possible.js'
import type { Plugin, PluginContext } from './context.js'
import { readPatterns } from './context.js'
import type { PythonRegex } from '../python/regex/regex.js'
import type { ProjectFilter, ReleaseFilter } from './types.js'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** https://packaging.python.org/en/latest/specifications/name-normalization/#valid-names */
const OF_NAMES = `${LETTERS}._-`
/** PEP 440, with spellings that are not normalized. */
const OF_VERSIONS = `${LETTERS}._-+!`

/** Warns of each pattern that matches nothing: whoever wrote it means to leave something out. */
function warnImpossible({ config, warn }: PluginContext, option: string, patterns: readonly PythonRegex[]): void {
  const isNames = option === 'packages'
  const what = isNames
    ? 'name of a project (letters, digits and . _ - only)'
    : 'version (letters, digits and . _ - + ! only)'
  for (const { pattern } of patterns) {
    if (canMatch(pattern, isNames ? OF_NAMES : OF_VERSIONS)) continue
    warn(config.invalid('filter_regex', option, `${JSON.stringify(pattern)} can never match a ${what}`).message)
  }
}

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

function createRegexProject(context: PluginContext): ProjectFilter | undefined {
  const { config, warnUnused } = context
  const patterns = readPatterns(config, 'filter_regex', 'packages')
  if (patterns.length === 0) {
    warnUnused('regex_project: [filter_regex] packages is empty, so it keeps every project')
    return undefined
  }
  warnImpossible(context, 'packages', patterns)
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

function createRegexRelease(context: PluginContext): ReleaseFilter | undefined {
  const { config, warnUnused } = context
  const patterns = readPatterns(config, 'filter_regex', 'releases')
  if (patterns.length === 0) {
    warnUnused('regex_release: [filter_regex] releases is empty, so it keeps every release')
    return undefined
  }
  warnImpossible(context, 'releases', patterns)
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
