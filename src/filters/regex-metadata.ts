import { InvalidDocumentError } from '../errors.js'
import type { JsonObject } from '../model/project.js'
import type { PythonRegex } from '../python/regex/regex.js'
import type { OptionTable } from '../config/types.js'
import type { Plugin, PluginContext } from './context.js'
import { readPatterns } from './context.js'
import { nullMatches, parseMetadataKey, valueAt } from './document-path.js'
import type { MetadataKey } from './document-path.js'
import { projectRules, releaseFileRules } from './metadata-rules.js'
import type { RuleKind } from './metadata-rules.js'
import type { MetadataFilter, ReleaseFileFilter } from './types.js'

type Mode = 'any' | 'all' | 'none'

/** One option of the section: a key and its patterns. */
interface Rule {
  readonly key: MetadataKey
  readonly mode: Mode
  readonly nullMatches: boolean
  readonly patterns: readonly PythonRegex[]
}

const keysOf = (what: string): OptionTable => ({
  '*': { type: 'list', doc: `A dotted path into the metadata of ${what}, with tags before it; patterns, one a line.` },
})

/** regex_project_metadata: keeps the projects whose metadata match all keys of the section. */
export const regexProjectMetadata = {
  options: { regex_project_metadata: keysOf('projects to mirror') },
  create: (context): MetadataFilter | undefined => projectRules(context, 'regex_project_metadata', KIND),
} satisfies Plugin

/** regex_release_file_metadata: keeps the release files whose metadata match all keys of the section. */
export const regexReleaseFileMetadata = {
  options: { regex_release_file_metadata: keysOf('files to mirror') },
  create: (context): ReleaseFileFilter | undefined => releaseFileRules(context, 'regex_release_file_metadata', KIND),
} satisfies Plugin

const KIND: RuleKind<Rule> = { read: readRule, keeps: matches, describe: described }

function readRule({ config }: PluginContext, section: string, option: string): Rule {
  const key = parseMetadataKey(option)
  return { key, mode: modeOf(key), nullMatches: nullMatches(key), patterns: readPatterns(config, section, option) }
}

function modeOf({ tags }: MetadataKey): Mode {
  const tag = tags.findLast((tag) => tag === 'any' || tag === 'all' || tag === 'none')
  return tag === 'all' || tag === 'none' ? tag : 'any'
}

function described(rules: readonly Rule[], what: string): { summary: string; settings: unknown } {
  return {
    summary: `keeps ${what} that match ${rules.map(({ key }) => key.text).join(' and ')}`,
    settings: rules.map(({ key, patterns }) => [key.text, patterns.map(({ pattern }) => pattern)]),
  }
}

function matches({ key, mode, nullMatches, patterns }: Rule, fields: JsonObject): boolean {
  const value = valueAt(fields, key)
  const values: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
  const isNull = values.length === 0
  if (mode === 'all') {
    const matching = (pattern: PythonRegex): boolean => values.some((item) => pattern.match(textOf(item, key)))
    return patterns.every((pattern) => (isNull && nullMatches) || matching(pattern))
  }
  if (patterns.length === 0) return mode === 'none'
  // As in 8.0 `none` takes a missing value for a match whatever its tags say, and so does not keep it.
  if (isNull) return mode === 'any' && nullMatches
  const texts = values.map((item) => textOf(item, key))
  return patterns.some((pattern) => texts.some((text) => pattern.match(text))) === (mode === 'any')
}

function textOf(value: unknown, { text }: MetadataKey): string {
  if (typeof value !== 'string') throw new InvalidDocumentError(`${text} is a ${typeof value}, not a text`)
  return value
}
