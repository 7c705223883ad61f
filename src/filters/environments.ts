import type { ConfigFile, PluginOptions } from '../config/types.js'
import { counted } from '../count.js'
import { nearest } from '../model/nearest.js'
import type { Release, ReleaseFile } from '../model/project.js'
import type { Environment } from '../packaging/environment.js'
import { parseEnvironment } from '../packaging/environment.js'
import type { ReleaseFileFacts, SdistPolicy } from '../packaging/file-selector.js'
import { createFileSelector } from '../packaging/file-selector.js'
import type { Plugin, PluginContext } from './context.js'
import type { ReleaseFileFilter } from './types.js'

const SECTION = 'environments'
const SDISTS = 'sdists'
const POLICIES = ['keep', 'when-needed', 'drop'] as const satisfies readonly SdistPolicy[]

/** environments: keeps the wheels that one of the environments can install, and sdists as `sdists` says. */
export const environments = {
  options: {
    [SECTION]: {
      [SDISTS]: {
        type: 'choice',
        choices: POLICIES,
        fallback: 'keep',
        added: true,
        doc: 'Source distributions: keep all, only those of releases without a wheel for some environment, or none.',
      },
      '*': {
        type: 'text',
        added: true,
        doc: 'An environment of this name: interpreter and platform tag, e.g. `linux = cp311 manylinux_2_28_x86_64`.',
      },
    },
  } satisfies PluginOptions,
  create: createEnvironments,
} satisfies Plugin

function createEnvironments({ config, warnUnused }: PluginContext): ReleaseFileFilter | undefined {
  const all = readEnvironments(config)
  const sdists = readSdistPolicy(config)
  if (all.length === 0) {
    warnUnused('environments: [environments] names none, so it keeps every file')
    return undefined
  }
  const selectors = all.map((one) => createFileSelector(one, sdists))
  const known = new WeakMap<Release, ReadonlySet<ReleaseFile>>()
  const keptOf = (release: Release): ReadonlySet<ReleaseFile> => {
    const before = known.get(release)
    if (before !== undefined) return before
    const facts = release.files.map((file) => ({ ...selectorFacts(file), file }))
    const kept = new Set(selectors.flatMap((selector) => selector.keep(facts)).map(({ file }) => file))
    known.set(release, kept)
    return kept
  }
  return {
    kind: 'release_file',
    name: 'environments',
    summary: `keeps what ${counted(all.length, 'environment')} can install: ${all.map(({ name }) => name).join(', ')}`,
    settings: [all.map(({ text }) => text).sort(), sdists],
    pageSuffices: true,
    keepFile: (file, release) => keptOf(release).has(file),
  }
}

/** What a file selector reads of a release file. */
export function selectorFacts({ filename, raw }: ReleaseFile): ReleaseFileFacts {
  const requires = raw['requires_python']
  return { filename, requiresPython: typeof requires === 'string' ? requires : undefined }
}

/** The environments of the section in the file's order. @throws ConfigError naming the word that is wrong */
export function readEnvironments(config: ConfigFile): Environment[] {
  return environmentNames(config).map((name) => {
    const parsed = parseEnvironment(name, config.get(SECTION, name) ?? '')
    if (parsed.ok) return parsed.environment
    const meant = nearest(parsed.word, parsed.known)
    const examples = parsed.known.slice(0, 3).join(', ')
    const hint = meant === undefined ? (examples === '' ? '' : `, such as ${examples}`) : `; did you mean ${meant}?`
    throw config.invalid(SECTION, name, `${parsed.problem}${hint}`)
  })
}

/** Names of the environments, without what [DEFAULT] sets for all sections. */
function environmentNames(config: ConfigFile): string[] {
  return config
    .options(SECTION)
    .filter((name) => name !== SDISTS && config.origin(SECTION, name)?.section !== 'DEFAULT')
}

/** @throws ConfigError */
export function readSdistPolicy(config: ConfigFile): SdistPolicy {
  const text = config.get(SECTION, SDISTS) ?? 'keep'
  const policy = POLICIES.find((each) => each === text)
  if (policy === undefined) throw config.invalid(SECTION, SDISTS, `must be one of ${POLICIES.join(', ')}`)
  return policy
}
