import { ConfigError, EXIT } from '../errors.js'
import { describeNeeds } from '../mirror/closure/describe.js'
import type { Needs } from '../mirror/closure/describe.js'
import { normalizeName } from '../packaging/name.js'
import { needsJson, needsText, whyText } from '../report/closure.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'

export interface ClosureOptions {
  readonly json: boolean
  /** names of projects to explain */
  readonly why: readonly string[]
}

/** `bandersnatch closure`: what requirements and lock files need. Exit 1 where upstream does not have all of it. */
export async function closureCommand(setting: Setting, options: ClosureOptions): Promise<number> {
  const opening = { command: 'closure', writesDiff: false, creates: false, readOnly: true }
  return withMirror(setting, opening, async (context) => {
    const { closure } = context
    if (closure === undefined)
      throw new ConfigError(`${setting.configPath}: [closure] is not set: neither roots = allowlist nor lock-files`)
    const needs = await describeNeeds(context, closure)
    context.progress.close()
    if (options.why.length > 0) return explain(setting, needs, options)
    setting.print(options.json ? needsJson(needs) : needsText(needs))
    const lacks = needs.failures.length > 0 || (needs.missing.length > 0 && !closure.setup.toleratesMissing)
    return lacks ? EXIT.incomplete : EXIT.ok
  })
}

/** Exit 1 where one of the projects is not needed. */
function explain({ print }: Pick<Setting, 'print'>, needs: Needs, { why, json }: ClosureOptions): number {
  const found = why.map((name) => {
    const project = needs.projects.find((one) => one.name === normalizeName(name))
    return { name, project, links: needs.why(name) }
  })
  const data = found.map(({ name, project, links }) => ({ name, isNeeded: project !== undefined, chain: links }))
  if (json) print(JSON.stringify(data, null, 2))
  else print(found.map(({ name, project, links }) => whyText(name, links, project)).join('\n'))
  return found.every(({ project }) => project !== undefined) ? EXIT.ok : EXIT.incomplete
}
