import { EXIT } from '../errors.js'
import type { Context } from '../mirror/run/context.js'
import { planMirror, planSync } from '../mirror/dry-run.js'
import type { DryRun, DryRunOptions } from '../mirror/dry-run.js'
import { explainProject } from '../mirror/explain.js'
import type { Explanation } from '../mirror/explain.js'
import { explanationText } from '../report/explanation.js'
import { fits, planText } from '../report/plan.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'

export interface PlanOptions extends DryRunOptions {
  readonly json: boolean
  /** names of projects to explain instead of planning the whole run */
  readonly explain: readonly string[]
}

/** `bandersnatch mirror --dry-run`: prints the plan on stdout. Exit 1 when the run would not be complete. */
export async function dryRunCommand(setting: Setting, options: PlanOptions): Promise<number> {
  return withMirror(
    setting,
    { command: 'mirror --dry-run', writesDiff: false, creates: false, readOnly: true, advisories: 'look' },
    async (context) => {
      if (options.explain.length > 0) return explainAll(context, setting, options)
      const plan = await planMirror(context, options)
      return printPlan(context, setting, { plan, json: options.json })
    },
  )
}

/** `bandersnatch sync --dry-run NAME...` */
export async function dryRunSync(setting: Setting, names: readonly string[], json: boolean): Promise<number> {
  return withMirror(
    setting,
    { command: 'sync --dry-run', writesDiff: false, creates: false, readOnly: true, advisories: 'look' },
    async (context) => printPlan(context, setting, { plan: await planSync(context, names), json }),
  )
}

/** Exit 1 where the run would not be complete. */
async function printPlan(
  context: Context,
  setting: Setting,
  { plan, json }: { plan: DryRun; json: boolean },
): Promise<number> {
  const bytesFree = await context.storage.properties.freeBytes?.()
  const enough = fits(plan, bytesFree)
  setting.print(json ? JSON.stringify({ ...plan, bytesFree, fits: enough }, null, 2) : planText(plan, bytesFree))
  const lacks = (plan.needed?.missing.length ?? 0) > 0
  const isComplete = plan.refusal === undefined && !lacks && plan.projects.every(({ action }) => action !== 'failed')
  return isComplete && enough ? EXIT.ok : EXIT.incomplete
}

async function explainAll(context: Context, setting: Setting, options: PlanOptions): Promise<number> {
  const explanations: Explanation[] = []
  for (const name of options.explain) explanations.push(await explainProject(context, name))
  const now = context.startedAt.getTime()
  const text = (): string => explanations.map((one) => explanationText(one, now)).join('\n')
  setting.print(options.json ? JSON.stringify(explanations, null, 2) : text())
  return EXIT.ok
}
