import { InvalidDocumentError } from '../errors.js'
import type { JsonObject } from '../model/project.js'
import { contains, parseSpecifierSet } from '../packaging/specifier.js'
import type { SpecifierSet } from '../packaging/specifier.js'
import { formatVersion, parseVersion } from '../packaging/version.js'
import type { Version } from '../packaging/version.js'
import type { OptionTable } from '../config/types.js'
import type { Plugin, PluginContext } from './context.js'
import { nullMatches, parseMetadataKey, valueAt } from './document-path.js'
import type { MetadataKey } from './document-path.js'
import { settingLines } from './setting-lines.js'
import { projectRules, releaseFileRules } from './metadata-rules.js'
import type { RuleKind } from './metadata-rules.js'
import type { MetadataFilter, ReleaseFileFilter } from './types.js'

/** One option of the section: a key whose value is a version specifier, and the versions it should admit. */
interface Rule {
  readonly key: MetadataKey
  readonly nullMatches: boolean
  readonly versions: readonly Version[]
}

const keysOf = (what: string): OptionTable => ({
  '*': {
    type: 'list',
    doc: `A dotted path to a version specifier of ${what}; versions of which it must admit one, one a line.`,
  },
})

/**
 * version_range_project_metadata: keeps the projects whose specifiers admit one of the versions, for all keys of
 * the section. bandersnatch 8.0 has this plugin but no way to enable it.
 */
export const versionRangeProjectMetadata = {
  options: { version_range_project_metadata: keysOf('projects to mirror') },
  create: (context): MetadataFilter | undefined => projectRules(context, 'version_range_project_metadata', KIND),
} satisfies Plugin

/** version_range_release_file_metadata: the same for release files, mostly by their requires_python. */
export const versionRangeReleaseFileMetadata = {
  options: { version_range_release_file_metadata: keysOf('files to mirror') },
  create: (context): ReleaseFileFilter | undefined =>
    releaseFileRules(context, 'version_range_release_file_metadata', KIND),
} satisfies Plugin

const KIND: RuleKind<Rule> = { read: readRule, keeps: admits, describe: described }

function readRule({ config }: PluginContext, section: string, option: string): Rule {
  const key = parseMetadataKey(option)
  const versions = settingLines(config.get(section, option) ?? '').map((text) => {
    const version = parseVersion(text)
    if (!version) throw config.invalid(section, option, `${JSON.stringify(text)} is not a version`)
    return version
  })
  return { key, nullMatches: nullMatches(key), versions }
}

function described(rules: readonly Rule[], what: string): { summary: string; settings: unknown } {
  const settings = rules.map(({ key, versions }) => [key.text, versions.map(formatVersion)] as const)
  const conditions = settings.map(([key, versions]) => `${key} admits ${versions.join(' or ')}`)
  return { summary: `keeps ${what} where ${conditions.join(' and ')}`, settings }
}

function admits({ key, nullMatches, versions }: Rule, fields: JsonObject): boolean {
  const value = valueAt(fields, key)
  if (nullMatches && isEmpty(value)) return true
  // To Python a list is a set of specifiers as it stands; that fails once a version is held against its texts.
  const isCollection = typeof value === 'object' && value !== null
  if (isCollection && (isEmpty(value) || versions.length === 0)) return versions.length > 0
  const specifiers = specifiersOf(value, key)
  return versions.some((version) => contains(specifiers, version))
}

/** What is false in Python. */
function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === undefined || value === '' || value === 0 || value === false
}

/** 8.0 fails the whole project without a word on a specifier that is none; here the error names it. */
function specifiersOf(value: unknown, { text }: MetadataKey): SpecifierSet {
  const specifiers = typeof value === 'string' ? parseSpecifierSet(value) : undefined
  if (specifiers) return specifiers
  throw new InvalidDocumentError(`${text} is not a version specifier: ${JSON.stringify(value) ?? 'null'}`)
}
