import { EXIT } from '../errors.js'
import type { Context } from '../mirror/run/context.js'
import { explainProject, planMirror, planSync } from '../mirror/dry-run.js'
import type { DryRun, DryRunOptions, Explanation, PlannedProject } from '../mirror/dry-run.js'
import type { Report } from '../mirror/run/report.js'
import { bytesText } from '../report/figures.js'
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
    { command: 'mirror --dry-run', writesDiff: false, creates: false, readOnly: true },
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
    { command: 'sync --dry-run', writesDiff: false, creates: false, readOnly: true },
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
  setting.print(json ? JSON.stringify({ ...plan, bytesFree }, null, 2) : planText(plan, bytesFree))
  return plan.refusal === undefined && plan.projects.every(({ action }) => action !== 'failed')
    ? EXIT.ok
    : EXIT.incomplete
}

/** What a dry run of `verify` or `delete` found, in the form of the other plans. */
export function reportedPlan({ planned, failures, refusals }: Report): string {
  const projects = new Map<string, PlannedProject>()
  for (const { project: name, bytes } of planned.fetch) {
    const before = projects.get(name)
    projects.set(name, { name, action: 'repair', files: (before?.files ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes })
  }
  for (const { project: name, reason } of failures)
    projects.set(name, { files: 0, bytes: 0, ...projects.get(name), name, action: 'failed', reason })
  const plan = {
    projects: [...projects.values()],
    removals: planned.removals,
    refusal: refusals[0],
    files: planned.fetch.length,
    bytes: planned.fetch.reduce((sum, { bytes }) => sum + bytes, 0),
    fetch: planned.fetch,
    remove: planned.remove,
  }
  return JSON.stringify(plan, null, 2)
}

async function explainAll(context: Context, setting: Setting, options: PlanOptions): Promise<number> {
  const explanations: Explanation[] = []
  for (const name of options.explain) explanations.push(await explainProject(context, name))
  setting.print(options.json ? JSON.stringify(explanations, null, 2) : explanations.map(explanationText).join('\n'))
  return EXIT.ok
}

function planText(plan: DryRun, free: number | undefined): string {
  const lines = plan.projects.map(projectLine)
  lines.push(...plan.removals.map(({ project, reason }) => `remove   ${project}: ${reason}`))
  if (plan.refusal !== undefined) lines.push(plan.refusal)
  const sizes = plan.files === undefined ? '' : `, ${plan.files} files to fetch (${bytesText(plan.bytes ?? 0)})`
  const space = free === undefined ? '' : `; ${bytesText(free)} free`
  const serial = plan.serial === undefined ? '' : `; serial ${plan.serial.before ?? 'none'} -> ${plan.serial.after}`
  lines.push(`${plan.projects.length} projects to sync, ${plan.removals.length} to remove${sizes}${space}${serial}`)
  return lines.join('\n')
}

function projectLine({ name, action, files, bytes, reason }: PlannedProject): string {
  const cost = files === undefined ? '' : `: ${files} files, ${bytesText(bytes ?? 0)}`
  return `${action.padEnd(8)} ${name}${cost}${reason === undefined ? '' : `: ${reason}`}`
}

function explanationText({ name, mirrored, verdict, drops }: Explanation): string {
  const lines = drops
    .filter(({ kind }) => kind !== 'project')
    .map(
      ({ kind, version, filename, plugin }) =>
        `  ${kind} ${filename ?? version ?? ''}: ${plugin === undefined ? 'has no files' : `dropped by ${plugin}`}`,
    )
  return [`${name}: ${verdict}${mirrored ? ' (mirrored now)' : ''}`, ...lines].join('\n')
}
