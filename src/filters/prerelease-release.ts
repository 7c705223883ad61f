import { counted } from '../count.js'
import { normalizeName } from '../packaging/name.js'
import { translatePythonRegex } from '../python/regex/regex.js'
import type { Plugin, PluginContext } from './context.js'
import { strip } from '../python/text.js'
import type { ReleaseFilter } from './types.js'

// 8.0 goes by the spelling, not by PEP 440: `1.0-preview1` and `1.0.post1.dev0` differ from what a parser would say.
const SPELLINGS = ['.+rc\\d+$', '.+a(lpha)?\\d+$', '.+b(eta)?\\d+$', '.+dev\\d+$']

/**
 * prerelease_release: drops pre-releases, of the projects in `[filter_prerelease] packages` or else of all. Unlike 8.0,
 * which finds only projects that spell their own names normalized, names are compared normalized.
 */
export const prereleaseRelease = {
  options: {
    filter_prerelease: {
      packages: { type: 'list', doc: 'Only these projects lose their pre-releases; if empty, all do.' },
    },
  },
  create: createPrereleaseRelease,
} satisfies Plugin

function createPrereleaseRelease({ config }: PluginContext): ReleaseFilter {
  const lines = config.get('filter_prerelease', 'packages')?.split('\n').map(strip) ?? []
  const names = new Set(lines.filter((line) => line !== '').map(normalizeName))
  const spellings = SPELLINGS.map(translatePythonRegex)
  return {
    kind: 'release',
    name: 'prerelease_release',
    summary: `drops pre-releases of ${names.size === 0 ? 'all projects' : counted(names.size, 'project')}`,
    settings: [...names].sort(),
    pageSuffices: true,
    keepRelease: (release, project) =>
      (names.size > 0 && !names.has(project.name)) || !spellings.some((spelling) => spelling.match(release.version)),
  }
}
