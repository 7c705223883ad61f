import type { JsonObject } from '../model/project.js'
import type { PluginContext } from './context.js'
import { fileFields, projectFields } from './document-path.js'
import type { MetadataKey } from './document-path.js'
import type { MetadataFilter, ReleaseFileFilter } from './types.js'

/** How a plugin whose section has options such as `not-null:info.license` reads and applies them. */
export interface RuleKind<R extends { readonly key: MetadataKey }> {
  /** @throws ConfigError */
  readonly read: (context: PluginContext, section: string, option: string) => R
  readonly keeps: (rule: R, fields: JsonObject) => boolean
  /** `what`: projects or release files */
  readonly describe: (rules: readonly R[], what: string) => { readonly summary: string; readonly settings: unknown }
}

/** Keeps the projects for which all options of the section `name` hold; undefined without options. */
export function projectRules<R extends { readonly key: MetadataKey }>(
  context: PluginContext,
  name: string,
  kind: RuleKind<R>,
): MetadataFilter | undefined {
  const rules = readRules(context, name, kind)
  if (rules.length === 0) return undefined
  return {
    kind: 'metadata',
    name,
    ...kind.describe(rules, 'projects'),
    keepMetadata: (project) => rules.every((rule) => kind.keeps(rule, projectFields(project, rule.key))),
  }
}

/** The same for release files. */
export function releaseFileRules<R extends { readonly key: MetadataKey }>(
  context: PluginContext,
  name: string,
  kind: RuleKind<R>,
): ReleaseFileFilter | undefined {
  const rules = readRules(context, name, kind)
  if (rules.length === 0) return undefined
  return {
    kind: 'release_file',
    name,
    ...kind.describe(rules, 'release files'),
    keepFile: (file, release, info) => {
      const fields = fileFields(file, release, info)
      return rules.every((rule) => kind.keeps(rule, fields))
    },
  }
}

function readRules<R extends { readonly key: MetadataKey }>(
  context: PluginContext,
  section: string,
  kind: RuleKind<R>,
): R[] {
  const rules = context.config.options(section).map((option) => kind.read(context, section, option))
  if (rules.length === 0) context.warnUnused(`${section}: there is no section [${section}], so it keeps everything`)
  return rules
}
